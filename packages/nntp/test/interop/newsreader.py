"""Reads a review and answers it with Python's nntplib: argv is port and group, stdout one JSON object of what was seen."""
import json
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import nntplib

port, group = sys.argv[1:]
seen = {}
with nntplib.NNTP("127.0.0.1", int(port), readermode=True, timeout=10) as server:
    seen["groups"] = sorted(found.group for found in server.list("clientposts.*")[1])
    _, count, first, last, name = server.group(group)
    seen["group"] = name
    _, overviews = server.over((first, last))
    number, row = next(each for each in overviews if each[1]["subject"] == "review python-lake")
    seen["id"] = row["message-id"]
    seen["from"] = row["from"]
    seen["lines"] = row[":lines"]
    lines = [line.decode("utf-8") for line in server.article(row["message-id"])[1].lines]
    seen["event"] = next(line for line in lines if line.startswith("Lupin-Event:"))
    seen["review"] = json.loads("\n".join(lines[lines.index("") + 1 :]))
    answer = (
        f"From: Ann Reader <ann@reader.test>\nNewsgroups: {group}\nSubject: Re: review python-lake\n"
        f"References: {row['message-id']}\n\nI was there with Python.\n.dots\n"
    )
    seen["posted"] = server.post(answer.encode().splitlines(keepends=True))[:3]
print(json.dumps(seen))
