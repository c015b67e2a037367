"""python exportOpenvino.py MODEL OUT {8,4}: OpenVINO's own format by optimum-intel, weights of 8 or 4 bits (then with a head
of 8, as ours)."""
import sys

from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig

model, out, bits = sys.argv[1], sys.argv[2], int(sys.argv[3])
config = OVWeightQuantizationConfig(bits=8, sym=True) if bits == 8 else OVWeightQuantizationConfig(bits=4, sym=True, group_size=32, ratio=1.0)
OVModelForCausalLM.from_pretrained(model, export=True, compile=False, stateful=True, quantization_config=config).save_pretrained(out)
