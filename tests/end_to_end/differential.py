"""Parses a flow log with flowlogs-reader: one JSON object for each flow.

The first line of standard input names the fields, as AWS writes them.
"""

import json
import sys
from calendar import timegm
from datetime import datetime

from flowlogs_reader import FlowRecord


def plain(value):
    # FlowRecord makes naive UTC datetimes of start and end.
    return timegm(value.utctimetuple()) if isinstance(value, datetime) else value


def main():
    fields = [name.replace("-", "_") for name in next(sys.stdin).split()]
    for line in sys.stdin:
        flow = FlowRecord.from_cwl_event({"message": line}, fields).to_dict()
        print(json.dumps({name: plain(value) for name, value in flow.items()}))


main()
