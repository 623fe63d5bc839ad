// What browsers give to a PAC beside the language, as Chromium 156 and Firefox 153 have it. No name has an address here,
// and it is one moment for ever: `used` is told wherever that may matter. Nothing of this is kept from the script,
// which may change it as it may in a browser, except `used`, `inNet` and `sorted`.
(function (global, used, inNet, sorted) {
  var OCTETS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

  function isAddress(text) {
    var octets = OCTETS.exec(text);
    return octets != null && octets[1] <= 255 && octets[2] <= 255 && octets[3] <= 255 && octets[4] <= 255;
  }

  // An address is its own, in any browser; IPv6 is for the functions of Windows.
  global.dnsResolve = function dnsResolve(host) {
    host = String(host);
    if (isAddress(host)) {
      return host;
    }
    used("dns");
    return null;
  };
  global.isResolvable = function isResolvable(host) {
    return global.dnsResolve(host) != null;
  };
  global.myIpAddress = function myIpAddress() {
    used("own address");
    return "127.0.0.1";
  };
  global.isPlainHostName = function isPlainHostName(host) {
    return String(host).search(/[.:]/) < 0;
  };
  // No border at a dot: "notexample.com" is in "example.com".
  global.dnsDomainIs = function dnsDomainIs(host, domain) {
    return host.length >= domain.length && host.substring(host.length - domain.length) == domain;
  };
  global.localHostOrDomainIs = function localHostOrDomainIs(host, domain) {
    return host == domain || domain.lastIndexOf(host + ".", 0) == 0;
  };
  global.dnsDomainLevels = function dnsDomainLevels(host) {
    return host.split(".").length - 1;
  };
  global.convert_addr = function convert_addr(address) {
    var octets = address.split(".");
    return ((octets[0] & 255) << 24) | ((octets[1] & 255) << 16) | ((octets[2] & 255) << 8) | (octets[3] & 255);
  };
  global.isInNet = function isInNet(host, pattern, mask) {
    var address = host;
    if (!OCTETS.test(host)) {
      address = global.dnsResolve(host);
      if (address == null) {
        return false;
      }
    } else if (!isAddress(host)) {
      return false;
    }
    mask = global.convert_addr(mask);
    return (global.convert_addr(address) & mask) == (global.convert_addr(pattern) & mask);
  };
  // A star crosses dots and slashes, and what means something in a regular expression still does.
  global.shExpMatch = function shExpMatch(text, pattern) {
    pattern = pattern.replace(/\./g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".");
    return new RegExp("^" + pattern + "$").test(text);
  };
  global.alert = function alert(message) {
    String(message);
  };

  global.weekdayRange = function weekdayRange() {
    used("clock");
    return false;
  };
  global.dateRange = function dateRange() {
    used("clock");
    return false;
  };
  global.timeRange = function timeRange() {
    used("clock");
    return false;
  };

  // Functions that Windows brought and Chromium has.
  global.dnsResolveEx = function dnsResolveEx(host) {
    used("microsoft");
    host = String(host);
    if (inNet(host, "0.0.0.0/0") || inNet(host, "::/0")) {
      return host;
    }
    used("dns");
    return "";
  };
  global.isResolvableEx = function isResolvableEx(host) {
    return global.dnsResolveEx(host) != "";
  };
  global.myIpAddressEx = function myIpAddressEx() {
    used("microsoft");
    used("own address");
    return "127.0.0.1";
  };
  global.isInNetEx = function isInNetEx(address, network) {
    used("microsoft");
    return inNet(String(address), String(network));
  };
  global.sortIpAddressList = function sortIpAddressList(list) {
    used("microsoft");
    list = sorted(String(list));
    return list == "" ? false : list;
  };

  // One moment, in one zone.
  var Real = Date, NOW = Real.UTC(2020, 0, 1, 12), construct = Reflect.construct;
  function now() {
    used("clock");
    return NOW;
  }
  global.Date = function Date() {
    var own = arguments;
    if (!new.target) {
      return new Real(now()).toString();
    }
    if (own.length == 0) {
      own = [now()];
    } else if (own.length > 1) {
      own = [Real.UTC.apply(null, own)];
    }
    return construct(Real, own, new.target);
  };
  global.Date.prototype = Real.prototype;
  global.Date.now = now;
  global.Date.UTC = Real.UTC;
  global.Date.parse = Real.parse;
  Real.prototype.constructor = global.Date;
  Real.prototype.getTimezoneOffset = function getTimezoneOffset() {
    return 0;
  };
  ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"].forEach(function (part) {
    ["get", "set"].forEach(function (verb) {
      if (Real.prototype[verb + part]) {
        Real.prototype[verb + part] = Real.prototype[verb + "UTC" + part];
      }
    });
  });
  Real.prototype.getYear = function getYear() {
    return this.getUTCFullYear() - 1900;
  };
  ["toString", "toDateString", "toTimeString", "toLocaleString", "toLocaleDateString", "toLocaleTimeString"].forEach(
    function (name) {
      Real.prototype[name] = Real.prototype.toUTCString;
    }
  );
  Math.random = function random() {
    used("random");
    return 0.5;
  };
});
