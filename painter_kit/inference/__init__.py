"""From prompt and pictures to painted outputs."""
