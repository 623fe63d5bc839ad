"use strict";
// What a pattern means, and how a question is read: `RequestPattern::matches` and `Request::from_str` of the program.
// Nothing here knows the page.
const Policy = (() => {
  const DEFAULT_PORT = { http: 80, https: 443 };

  // The request that a text asks for, or `{ error }`.
  function question(text) {
    const trimmed = text.trim();
    if (trimmed === "") return { error: "empty" };
    const scheme = /^([^]*?):\/\//.exec(trimmed);
    let written;
    if (scheme && /^https?$/i.test(scheme[1])) {
      written = trimmed;
    } else if (scheme && /^[a-z0-9]*$/i.test(scheme[1])) {
      return { error: `scheme ${scheme[1]} is neither http nor https` };
    } else if (/^[0-9a-f:.]+$/i.test(trimmed) && trimmed.split(":").length > 2 && isUrl(`https://[${trimmed}]/`)) {
      written = `https://[${trimmed}]/`;
    } else {
      // `host:80` and `host:80/path` are plain HTTP.
      const authority = trimmed.split(/[/?#]/, 1)[0];
      written = `${authority.endsWith(":80") ? "http" : "https"}://${trimmed}`;
    }
    if (!isUrl(written)) return { error: "neither a host nor a URL" };
    const url = new URL(written);
    const own = url.protocol.slice(0, -1);
    const address = addressOf(url.hostname);
    const name = address ? null : url.hostname.replace(/\.$/, "");
    if (!address && !isName(name)) return { error: "not a host name" };
    return {
      scheme: own,
      name,
      address,
      host: address ? url.hostname : name,
      port: url.port === "" ? DEFAULT_PORT[own] : Number(url.port),
      path: url.pathname,
    };
  }

  function isUrl(text) {
    return URL.canParse ? URL.canParse(text) : (() => { try { return Boolean(new URL(text)); } catch { return false; } })();
  }

  // `DomainName::check`.
  function isName(name) {
    const labels = name.split(".");
    return name.length <= 253 && labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) &&
      !/^(0x[0-9a-f]*|[0-9]+|-+)$/.test(labels.at(-1));
  }

  // The octets of an address as a URL or a pattern writes it, or null.
  function addressOf(text) {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return text.split(".").map(Number);
    const inside = text.replace(/^\[(.*)\]$/, "$1");
    if (!inside.includes(":")) return null;
    // A URL has one form for every address: hexadecimal, shortened once.
    const [head, tail] = new URL(`http://[${inside}]/`).hostname.slice(1, -1).split("::");
    const groups = (part) => (part ? part.split(":") : []);
    const [front, back] = [groups(head), groups(tail)];
    const zeros = Array(8 - front.length - back.length).fill("0");
    const numbers = [...front, ...(tail === undefined ? [] : zeros), ...back].map((group) => parseInt(group, 16));
    return numbers.flatMap((number) => [number >> 8, number & 255]);
  }

  // A pattern as the page's data has it, taken apart once.
  function pattern([host, schemes, ports, path]) {
    return {
      host: hostPattern(host),
      schemes: schemes.split("+"),
      ports: ports.split(",").map((range) => {
        const [low, high = low] = range.split("-").map(Number);
        return [low, high];
      }),
      path,
    };
  }

  // A function that says of a host whether it is matched.
  function hostPattern(text) {
    const [network, length] = text.split("/");
    const octets = addressOf(network);
    if (octets) {
      const bits = length === undefined ? octets.length * 8 : Number(length);
      return ({ address }) => address !== null && address.length === octets.length && sameBits(address, octets, bits);
    }
    const named = (matches) => ({ name }) => name !== null && matches(name);
    if (text.startsWith("*.") && !text.includes("*", 1)) {
      return named((name) => name.endsWith(text.slice(1)) && name.length > text.length - 1);
    }
    if (text.startsWith(".")) return named((name) => name === text.slice(1) || name.endsWith(text));
    if (text.startsWith("*")) return named((name) => name.endsWith(text.slice(1)));
    if (!text.includes("*")) return named((name) => name === text);
    const labels = text.split(".");
    return named((name) => {
      const own = name.split(".");
      return own.length === labels.length && labels.every((label, at) => labelMatches(label, own[at]));
    });
  }

  // A star stands for one or more octets.
  function labelMatches(label, own) {
    const star = label.indexOf("*");
    if (star < 0) return label === own;
    const [prefix, suffix] = [label.slice(0, star), label.slice(star + 1)];
    return own.length > prefix.length + suffix.length && own.startsWith(prefix) && own.endsWith(suffix);
  }

  function sameBits(one, other, bits) {
    return one.every((octet, at) => {
      const kept = Math.min(8, Math.max(0, bits - at * 8));
      const mask = (0xff << (8 - kept)) & 0xff;
      return (octet & mask) === (other[at] & mask);
    });
  }

  function pathMatches(pattern, path) {
    if (pattern === "") return true;
    if (pattern.endsWith("*")) return path.startsWith(pattern.slice(0, -1));
    return path === pattern || path.startsWith(`${pattern}/`);
  }

  function matches(pattern, request) {
    return pattern.schemes.includes(request.scheme) &&
      pattern.ports.some(([low, high]) => low <= request.port && request.port <= high) &&
      pathMatches(pattern.path, request.path) &&
      pattern.host(request);
  }

  return { question, pattern, matches };
})();
