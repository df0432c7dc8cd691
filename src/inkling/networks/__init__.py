"""The networks, the file their weights live in, and ONNX."""
