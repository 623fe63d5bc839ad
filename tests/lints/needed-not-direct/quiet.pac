function FindProxyForURL(url, host) {
  if (host === "login.live.com") return "DIRECT";
  return "PROXY proxy.contoso.com:8080";
}
