"""python exportOnnx.py MODEL OUT: the export that transformers.js runs, by Optimum, in fp32 and quantized as its own
conversion script does it (dynamic, 8-bit weights)."""
import shutil
import sys
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export

model, out = sys.argv[1], Path(sys.argv[2])
main_export(model, out, task="text-generation-with-past", do_validation=False)
(out / "onnx").mkdir(exist_ok=True)
shutil.move(out / "model.onnx", out / "onnx/model.onnx")
quantize_dynamic(out / "onnx/model.onnx", out / "onnx/model_quantized.onnx", weight_type=QuantType.QUInt8)
