"""Reads and posts as a person with a newsreader does: argv is a port, stdout one JSON object of what was seen."""
import json
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import nntplib

ARTICLE = (
    b"From: Ann <ann@example.test>\r\n"
    b"Newsgroups: clientposts.trailblaze.geo.us.idaho.custer\r\n"
    b"Subject: =?utf-8?q?caf=C3=A9_at_the_lake?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"A dot begins the next line.\r\n"
    b".hidden\r\n"
    b"..\r\n"
    b"caf\xc3\xa9\r\n"
)

seen = {}
with nntplib.NNTP("127.0.0.1", int(sys.argv[1]), readermode=True, timeout=10) as server:
    seen["welcome"] = server.getwelcome()
    seen["capabilities"] = sorted(server.getcapabilities())
    server.post(ARTICLE.splitlines(keepends=True))
    seen["groups"] = [list(group) for group in server.list("clientposts.*")[1]]
    name = seen["groups"][0][0]
    seen["description"] = server.descriptions(name)[1]
    _, count, first, last, selected = server.group(name)
    seen["group"] = [count, first == last, selected]
    _, overviews = server.over((first, last))
    number, row = overviews[0]
    seen["over"] = {key: row[key] for key in ("subject", "from", "message-id", ":bytes", ":lines", "xref")}
    seen["subject"] = nntplib.decode_header(row["subject"])
    seen["numbered"] = number == first
    _, info = server.article(str(number))
    lines = [line.decode("utf-8") for line in info.lines]
    seen["header"] = lines[: lines.index("")]
    seen["body"] = lines[lines.index("") + 1 :]
    seen["byId"] = [line.decode("utf-8") for line in server.body(row["message-id"])[1].lines]
    seen["stat"] = server.stat(row["message-id"])[2]
    seen["xhdr"] = [list(pair) for pair in server.xhdr("subject", str(number))[1]]
    seen["date"] = server.date()[1].year
    seen["newgroups"] = [group[0] for group in server.newgroups(nntplib.datetime.date(2020, 1, 1))[1]]
    seen["newnews"] = server.newnews("clientposts.*", nntplib.datetime.datetime(2020, 1, 1))[1]
    try:
        server.group("no.such.group")
    except nntplib.NNTPTemporaryError as error:
        seen["refused"] = str(error)[:3]
    try:
        server.post(b"Subject: no sender\r\n\r\nx\r\n".splitlines(keepends=True))
    except nntplib.NNTPTemporaryError as error:
        seen["refusedPost"] = str(error)[:3]
print(json.dumps(seen))
