"""Writes rows as data files: every format, in the ways that programs and people write it. No area of its own."""
import csv
import gzip
import io
import json
import struct

TABLES = ("csv", "tsv")
TYPED = ("jsonl", "json", "tfrecord")


def draw(rng, formats):
    """A format and its manner."""
    style = {"format": rng.choice(formats), "gz": rng.random() < 0.12, "crlf": rng.random() < 0.2, "bom": rng.random() < 0.15}
    style["separator"] = rng.choice([",", ",", ",", ";", "\t"])
    style["quote_all"] = rng.random() < 0.3
    style["lists"] = rng.choice(["json", "json", "blanks", "commas"])
    style["shape"] = rng.choice(["list", "list", "data", "lines", "indent"])
    style["ascii"] = rng.random() < 0.5
    style["blank_lines"] = rng.random() < 0.15
    style["tabs"] = rng.random() < 0.4
    style["comments"] = rng.random() < 0.3
    style["final_newline"] = rng.random() < 0.85
    return style


def write(folder, stem, rows, style):
    """Writes rows, dictionaries with the same keys, and returns the name of the file."""
    kind = style["format"]
    name = f"{stem}.{kind}" + (".gz" if style["gz"] else "")
    if kind == "tfrecord":
        data = b"".join(record(example(row)) for row in rows)
    else:
        text = {"csv": table, "tsv": tabbed, "jsonl": lines, "json": document, "conll": conll, "txt": plain}[kind](rows, style)
        if not style["final_newline"]:
            text = text.rstrip("\n")
        if style["crlf"] and kind != "csv":
            text = text.replace("\n", "\r\n")
        data = text.encode("utf-8")
        if style["bom"]:
            data = b"\xef\xbb\xbf" + data
    path = folder / name
    path.write_bytes(gzip.compress(data, mtime=0) if style["gz"] else data)
    return name


def cell(value, style):
    """A value as a field of a table."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        parts = [cell(part, style) for part in value]
        return {"json": "[" + ", ".join(parts) + "]", "blanks": " ".join(parts), "commas": ",".join(parts)}[style["lists"]]
    return str(value)


def table(rows, style):
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if style["quote_all"] else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=style["separator"], quoting=quoting, lineterminator="\r\n" if style["crlf"] else "\n")
    writer.writerow(rows[0].keys())
    writer.writerows([cell(value, style) for value in row.values()] for row in rows)
    return out.getvalue()


def tabbed(rows, style):
    fields = ["\t".join(rows[0].keys())] + ["\t".join(cell(value, style) for value in row.values()) for row in rows]
    return "\n".join(fields) + "\n"


def lines(rows, style):
    gap = "\n" if style["blank_lines"] else ""
    return "".join(json.dumps(row, ensure_ascii=style["ascii"]) + "\n" + gap for row in rows)


def document(rows, style):
    shape = style["shape"]
    if shape == "lines":
        return lines(rows, style)
    whole = {"version": "1.0", "data": rows} if shape == "data" else rows
    return json.dumps(whole, ensure_ascii=style["ascii"], indent=2 if shape == "indent" else None) + "\n"


def conll(rows, style):
    """A line for each word: all columns are lists of the same length."""
    between = "\t" if style["tabs"] else " "
    text = "-DOCSTART- -X- O\n\n" if style["comments"] else ""
    for number, row in enumerate(rows):
        if style["comments"]:
            text += f"# sent_id = {number}\n"
        text += "".join(between.join(str(part) for part in parts) + "\n" for parts in zip(*row.values())) + "\n"
    return text


def plain(rows, style):
    """A text on each line, or CoNLL for rows of lists."""
    first = next(iter(rows[0].values()))
    return conll(rows, style) if isinstance(first, list) else "".join(next(iter(row.values())) + "\n" for row in rows)


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def feature(value):
    values = value if isinstance(value, list) else [value]
    if any(isinstance(part, str) for part in values):
        return field(1, b"".join(field(1, part.encode("utf-8")) for part in values))
    if any(isinstance(part, float) for part in values):
        return field(2, field(1, b"".join(struct.pack("<f", part) for part in values)))
    return field(3, field(1, b"".join(varint(int(part)) for part in values)))


def example(row):
    entries = b"".join(field(1, field(1, name.encode("utf-8")) + field(2, feature(value))) for name, value in row.items() if value is not None)
    return field(1, entries)


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC[(value ^ byte) & 255] ^ value >> 8
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def entry(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


CRC = [entry(byte) for byte in range(256)]


def record(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", crc(length)) + data + struct.pack("<I", crc(data))
