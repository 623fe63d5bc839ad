function FindProxyForURL(url, host) {
  if (host === "login.live.com") return "PROXY proxy.contoso.com:8080";
  return "PROXY proxy.contoso.com:8080";
}
