"""One file per task: encode, weight, decode, measure, summarise, score."""
