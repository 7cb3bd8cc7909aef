"""Holds every example of an OpenAPI document to its schema: examples.py DOCUMENT."""

import json
import sys

import jsonschema_rs

document = json.load(open(sys.argv[1], encoding="utf-8"))
components = {"components": document["components"]}
wrong, seen = [], 0


def check(place, content):
    """Every example of a body."""
    global seen
    media = content.get("content", {}).get("application/json", {})
    examples = [media["example"]] if "example" in media else []
    examples += [example["value"] for example in media.get("examples", {}).values()]
    for example in examples:
        seen += 1
        validator = jsonschema_rs.Draft202012Validator({**components, "allOf": [media["schema"]]})
        wrong.extend(f"{place}: {error.message}" for error in validator.iter_errors(example))


for path, item in document["paths"].items():
    for method, operation in item.items():
        if isinstance(operation, dict):
            check(f"{method} {path} request", operation.get("requestBody", {}))
            for status, response in operation["responses"].items():
                check(f"{method} {path} {status}", response)
for name, response in document["components"]["responses"].items():
    check(name, response)

print("\n".join(wrong) or f"{seen} examples")
sys.exit(1 if wrong or not seen else 0)
