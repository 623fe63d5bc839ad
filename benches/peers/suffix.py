"""Requests for hosts that are a name of the policy or below one, and how many of these are refused.

Usage: suffix.py NAMES LOG. The answer for a host is kept.
"""

import sys


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        names = set(file.read().split())
    kept, hits, denied = {}, 0, 0
    with open(sys.argv[2], "rb") as log:
        for line in log:
            fields = line.split(None, 7)
            url = fields[6]
            is_hit = kept.get(url)
            if is_hit is None:
                host = url.split(b"/", 3)[2] if b"://" in url else url
                labels = host.rsplit(b":", 1)[0].decode().split(".")
                is_hit = any(".".join(labels[at:]) in names for at in range(len(labels)))
                # Only a tunnel's is seen again and again.
                if b"://" not in url:
                    kept[url] = is_hit
            if is_hit:
                hits += 1
                denied += fields[3].startswith(b"TCP_DENIED")
    print(hits, denied)


if __name__ == "__main__":
    main()
