"""The profiles for the settings of devices, and what each asks for, in words of our own.

Values of the registry are told as (key below Software, name): a text or a number.
"""

import json
import subprocess
from pathlib import Path

SENSOR = r"Policies\Microsoft\Windows\DataCollection"
SENSOR_HTTP = r"Policies\Microsoft\Windows Advanced Threat Protection"
ANTIVIRUS = r"Policies\Microsoft\Windows Defender"
CLOUD = r"Policies\Microsoft\Windows Defender\Spynet"

# Every character that a URL may hold and that means something to a shell, the registry, a policy, XML or PowerShell.
HOSTILE = "https://pac.contoso.com/a'b]c[d;e$(f)%41%PATH%&g|h^i!j`k{l}?x=\"<y>\"&z='w'#'"
HOSTILE_URL = "https://pac.contoso.com/a'b]c[d;e$(f)%41%PATH%&g|h^i!j%60k%7Bl%7D?x=%22%3Cy%3E%22&z=%27w%27#'"


def sensor(proxy):
    return {(SENSOR, "TelemetryProxyServer"): proxy, (SENSOR, "DisableEnterpriseAuthProxy"): 1}


def case(devices, values, winhttp, unix):
    return {"devices": devices, "values": values, "winhttp": winhttp, "unix": unix}


def everything(proxy):
    url = f"http://{proxy}"
    return case({}, {**sensor(proxy), (ANTIVIRUS, "ProxyServer"): url}, (proxy, ""), url)


# The first proxy of the profile, then its cases.
PROFILES = {
    "name": ("proxy.contoso.com:8080", everything("proxy.contoso.com:8080")),
    "ipv4": ("10.0.0.6:8080", everything("10.0.0.6:8080")),
    "ipv6": ("[fd00::1]:8080", everything("[fd00::1]:8080")),
    "all-keys": (
        "proxy.contoso.com:8080",
        case(
            {
                "edr_proxy": "[fd00::2]:3128",
                "disconnected": True,
                "antivirus_proxy": "https://[fd00::3]:8443/",
                "antivirus_pac": HOSTILE,
                "antivirus_bypass": ["intranet.contoso.com", "[fd00::4]", "10.1.2.3", "http://a.contoso.com/x"],
                "ssl_options": 0,
                "winhttp_proxy": "[fd00::5]:80",
                "winhttp_bypass": ["<local>", "*.contoso.com", "[fd00::6]"],
                "unix_proxy": "https://[fd00::7]:443",
            },
            {
                **sensor("[fd00::2]:3128"),
                (SENSOR_HTTP, "PreferStaticProxyForHttpRequest"): 1,
                (ANTIVIRUS, "ProxyServer"): "https://[fd00::3]:8443",
                (ANTIVIRUS, "ProxyPacUrl"): HOSTILE_URL,
                (ANTIVIRUS, "ProxyBypass"): "intranet.contoso.com;[fd00::4];10.1.2.3;http://a.contoso.com/x",
                (CLOUD, "SSLOptions"): 0,
            },
            ("[fd00::5]:80", "<local>;*.contoso.com;[fd00::6]"),
            "https://[fd00::7]:443",
        ),
    ),
    "antivirus-alone": (
        "10.0.0.6:8080",
        case(
            {"edr_proxy": "none", "winhttp_proxy": "none", "ssl_options": 2},
            {(ANTIVIRUS, "ProxyServer"): "http://10.0.0.6:8080", (CLOUD, "SSLOptions"): 2},
            None,
            "http://10.0.0.6:8080",
        ),
    ),
    "nothing-on-windows": (
        "[fd00::1]:8080",
        case(
            {"edr_proxy": "none", "antivirus_proxy": "none", "winhttp_proxy": "none"},
            {},
            None,
            "http://[fd00::1]:8080",
        ),
    ),
}


def compiled(thruway, folder):
    """Compiles every profile, and tells its name, the folder that was written, and what it asks for."""
    for name, (proxy, wanted) in PROFILES.items():
        own = Path(folder) / name
        own.mkdir()
        profile = {
            "version": 1,
            "name": name,
            "sources": [{"builtin": "mma"}],
            "proxies": [proxy],
            "devices": wanted["devices"],
            "targets": {target: {} for target in ("windows-device", "linux-device", "macos-device")},
        }
        # JSON is YAML.
        (own / "thruway.yaml").write_text(json.dumps(profile, ensure_ascii=False))
        command = [thruway, "compile", "--profile", own / "thruway.yaml", "--today", "2026-11-24", "--out", own / "out"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        yield name, own / "out", wanted


class Comparison:
    """Counts what is compared, and says what differs."""

    def __init__(self, script):
        self.script, self.values, self.files, self.wrong = script, 0, 0, 0

    def same(self, what, found, wanted):
        self.values += len(wanted) if isinstance(wanted, (dict, list)) else 1
        if found != wanted:
            self.wrong += 1
            print(f"{self.script}: {what}: {found!r}, not {wanted!r}")

    def refuses(self, what, reads):
        """`reads` must not take a broken file for the right one."""
        if reads:
            self.wrong += 1
            print(f"{self.script}: {what} is not noticed")

    def finish(self):
        print(f"{self.script}: {self.files} files, {self.values} values compared, {self.wrong} wrong")
        raise SystemExit(1 if self.wrong or not self.values else 0)
