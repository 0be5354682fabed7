"""The Painter network and its checkpoints."""
