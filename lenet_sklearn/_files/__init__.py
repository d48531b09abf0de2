"""Files and what they hold: atomic writes, fingerprints, JSON, the safetensors container."""
