"""Networks in ONNX files: read and written, where the package ``onnx`` is there."""
