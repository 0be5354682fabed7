"""Speed and memory of painting against a plain path and against transformers' SegGPT."""
