"""Save models: as safetensors, which execute no code when they are loaded, and as ONNX."""

from lenet_sklearn.persistence.onnx_file import export_onnx
from lenet_sklearn.persistence.safetensors_file import load_model, save_model

__all__ = ["export_onnx", "load_model", "save_model"]
