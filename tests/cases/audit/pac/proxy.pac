// Proxy of the office. Whatever is not on the list gets nowhere.
function FindProxyForURL(url, host) {
  var PROXY = "PROXY proxy.contoso.com:8080";
  var NOWHERE = "PROXY 0.0.0.0:80";

  if (isPlainHostName(host) || dnsDomainIs(host, ".contoso.example"))
    return "DIRECT";

  // Microsoft Defender
  if (shExpMatch(host, "*.endpoint.security.microsoft.com"))
    return PROXY + "; DIRECT";
  if (dnsDomainIs(host, "events.data.microsoft.com"))
    return PROXY;
  if (shExpMatch(host, "winatp-gw-n*.microsoft.com"))
    return PROXY;
  if (shExpMatch(host, "*.WNS.windows.com"))
    return PROXY;
  if (host == "wseu1northprod.blob.core.windows.net")
    return PROXY;
  // The downloads are large.
  if (host == "go.microsoft.com")
    return "DIRECT";
  if (shExpMatch(url, "http://crl.microsoft.com/pki/crl/*"))
    return PROXY;

  return NOWHERE;
}
