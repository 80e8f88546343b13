"""What a JSON Schema says of texts in TOML: validate.py SCHEMA TEXTS

TEXTS has a JSON list of texts. Prints a line of JSON for each: null for one that is not TOML, else the
list of what the schema has against it. Ends with an error where the schema is none itself.
"""

import json
import sys
import tomllib

from jsonschema import Draft7Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)

with open(sys.argv[2], encoding="utf-8") as file:
    texts = json.load(file)
for text in texts:
    try:
        graph = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        print("null")
        continue
    print(json.dumps([error.message[:200] for error in validator.iter_errors(graph)]))
