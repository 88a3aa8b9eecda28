"""Reads a review and answers it with Python's nntplib: argv is port and group, stdout one JSON object of what was seen."""
import base64
import hashlib
import json
import sys
import time
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
    def status(message_id):
        try:
            return server.stat(message_id)[0][:3]
        except nntplib.NNTPTemporaryError as error:
            return str(error)[:3]

    def hashed(key):
        return base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()

    key = hashed("a secret of Ann's")
    owned = f"<{time.time_ns()}@reader.test>"

    def mine(subject, *fields):
        text = [f"From: Ann Reader <ann@reader.test>", f"Newsgroups: {group}", f"Subject: {subject}", *fields, "", "A word.", ""]
        return server.post("\n".join(text).encode().splitlines(keepends=True))[:3]

    mine("soon cancelled", f"Message-ID: {owned}", f"Cancel-Lock: sha256:{hashed(key)}")
    seen["owned"] = [status(owned)]
    for tried in (hashed("a guess"), key):
        mine(f"cmsg cancel {owned}", f"Control: cancel {owned}", f"Cancel-Key: sha256:{tried}")
        seen["owned"].append(status(owned))
    seen["posted"] = server.post(answer.encode().splitlines(keepends=True))[:3]
print(json.dumps(seen))
