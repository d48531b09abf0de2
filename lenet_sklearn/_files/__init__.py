"""Files and their content: atomic writes, fingerprints, JSON, the safetensors format."""
