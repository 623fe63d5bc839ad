//! Proxy auto-configuration: fetched as a device fetches it, checked, and asked about every URL.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::connect::{self, Network};
use super::route::{ProxyUrl, Way, without_credentials};
use super::seen::Trouble;
use crate::model::{DomainName, Host, Request};
use crate::read::pac::script::{Limits, Script, Use};
use crate::read::pac::{Direction, MAX_BYTES};
use crate::suffix;
use crate::text::shown;

/// The media type.
const MEDIA_TYPE: &str = "application/x-ns-proxy-autoconfig";

/// A PAC that can be asked, and what is worth a word about it.
#[derive(Debug)]
pub struct Pac {
    script: Script,
    /// What is wrong with it, or with how it is served.
    pub remarks: Vec<String>,
}

impl Pac {
    /// Fetches and loads the PAC of a URL, or of a file.
    ///
    /// # Errors
    /// When it cannot be had, or no client would take it: why.
    pub async fn load(network: &Network, place: &str, patience: Duration) -> Result<Self, String> {
        match url::Url::parse(place) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                let request = shown_request(&url)?;
                let mut path = url.path().to_owned();
                if let Some(query) = url.query() {
                    path = format!("{path}?{query}");
                }
                Self::fetch(network, &request, &path, patience).await
            }
            Ok(url) if url.scheme() == "file" => {
                let path = url.to_file_path().map_err(|()| "the PAC's URL names no file here".to_owned())?;
                Self::file(path)
            }
            // A single letter is a drive of Windows.
            Ok(url) if url.scheme().len() > 1 => Err("a PAC is fetched by http, https or file".to_owned()),
            Err(_) if place.contains("://") => Err("the place of the PAC is no URL".to_owned()),
            _ => Self::file(PathBuf::from(place)),
        }
    }

    fn file(path: PathBuf) -> Result<Self, String> {
        let name = without_credentials(&path.display().to_string());
        let failed = |error: std::io::Error| shown(&format!("cannot read the PAC {name}: {error}"), 300);
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).map_err(failed)?;
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Self::of(&name, &bytes, bytes.len() > MAX_BYTES, Vec::new())
    }

    async fn fetch(
        network: &Network,
        request: &Request,
        path: &str,
        patience: Duration,
    ) -> Result<Self, String> {
        let name = shown(&request.to_string(), 200);
        let fetched = connect::fetch(network, request, path, MAX_BYTES, patience)
            .await
            .map_err(|trouble| format!("the PAC {name} cannot be fetched: {trouble}"))?;
        if fetched.status != 200 {
            return Err(format!("the PAC {name} cannot be fetched: status {}", fetched.status));
        }
        let mut remarks = Vec::new();
        let media_type = fetched.content_type.as_deref().unwrap_or("no media type");
        let essence = media_type.split(';').next().unwrap_or(media_type).trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            let and_windows = match request.path.ends_with(".pac") || request.path.ends_with(".dat") {
                true => "browsers and Windows take it all the same",
                false => "Windows does not take it, since its name does not end in .pac or .dat either",
            };
            remarks.push(format!("served as {media_type}, not as {MEDIA_TYPE}; {and_windows}"));
        }
        Self::of(&name, &fetched.bytes, fetched.is_cut, remarks)
    }

    fn of(name: &str, bytes: &[u8], is_cut: bool, mut remarks: Vec<String>) -> Result<Self, String> {
        if is_cut {
            return Err(format!("the PAC has over {MAX_BYTES} bytes, and WinHTTP takes no more"));
        }
        let file = Arc::from(name);
        let script = Script::load(&file, bytes, Limits::default()).map_err(|error| error.to_string())?;
        remarks.extend(script.troubles().iter().map(|own| format!("line {}: {}", own.place.line, own.what)));
        Ok(Self { script, remarks })
    }

    /// The ways of a request, in the order in which they are tried.
    ///
    /// # Errors
    /// When the script stops, or names no way that can be tried from here.
    pub fn ways(&self, request: &Request) -> Result<(Vec<Way>, Vec<String>), String> {
        let answer = self.script.answer(request).map_err(|error| error.to_string())?;
        let mut remarks = Vec::new();
        if answer.uses.contains(&Use::Dns) {
            remarks.push("the PAC looks names up; here every name is unknown to it".to_owned());
        }
        if answer.uses.contains(&Use::OwnAddress) {
            remarks.push("the PAC asks for the device's own address; here it is 127.0.0.1".to_owned());
        }
        let mut ways = Vec::new();
        for direction in answer.tried() {
            match direction {
                Direction::Direct => ways.push(Way::Direct),
                Direction::Proxy(place) => ways.extend(proxy("http", &place, &mut remarks)),
                Direction::Other(text) => match text.split_once(' ') {
                    Some(("HTTPS", place)) => ways.extend(proxy("https", place, &mut remarks)),
                    _ => remarks.push(format!("`{}` cannot be tried from here", shown(&text, 100))),
                },
                Direction::Unknown(_) => {}
            }
        }
        if ways.is_empty() {
            return Err(format!(
                "the PAC answers `{}`, which cannot be tried from here",
                shown(&answer.text, 100)
            ));
        }
        Ok((ways, remarks))
    }
}

fn proxy(scheme: &str, place: &str, remarks: &mut Vec<String>) -> Option<Way> {
    match ProxyUrl::parse(&format!("{scheme}://{place}")) {
        Ok(proxy) => Some(Way::Proxy(proxy)),
        Err(error) => {
            remarks.push(format!("`{}`: {error}", shown(place, 100)));
            None
        }
    }
}

/// The URL as a request; what is not in it (credentials, query) is not shown either.
fn shown_request(url: &url::Url) -> Result<Request, String> {
    let mut plain = url.clone();
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain.as_str().parse().map_err(|error| format!("the URL of the PAC is wrong: {error}"))
}

/// The names under which the network may offer a PAC: `wpad` in each domain of the device and in those above it, up to
/// the one that somebody registered. Beyond that a name is a stranger's.
pub fn wpad_names(domains: &[DomainName]) -> Vec<DomainName> {
    let mut names = Vec::new();
    for domain in domains {
        let mut next = Some(domain.clone());
        while let Some(own) = next {
            if suffix::registrable_domain(&own).is_none() {
                break;
            }
            if let Ok(name) = format!("wpad.{own}").parse::<DomainName>()
                && !names.contains(&name)
            {
                names.push(name);
            }
            next = own.parent();
        }
    }
    names
}

/// Finds the PAC that the network offers under the name `wpad`, and says where.
///
/// # Errors
/// When it offers none.
pub async fn discover(network: &Network, patience: Duration) -> Result<(String, Pac), String> {
    let names = wpad_names(network.names.domains());
    if names.is_empty() {
        return Err("this device has no domain, so that there is no name to look up for WPAD".to_owned());
    }
    for name in &names {
        match network.names.look_up(&Host::Name(name.clone())).await {
            Ok(_) => {
                let url = format!("http://{name}/wpad.dat");
                let pac = Pac::load(network, &url, patience).await?;
                return Ok((url, pac));
            }
            Err(Trouble::NoSuchName) => {}
            Err(trouble) => return Err(format!("WPAD cannot be looked up: {trouble}")),
        }
    }
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Err(format!("the network offers no PAC by WPAD: no address is known for {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wpad_stops_at_what_somebody_registered() {
        let domains = ["berlin.de.contoso.co.uk", "contoso.co.uk", "co.uk", "local"];
        let domains = domains.map(|own| own.parse().unwrap());
        let names: Vec<String> = wpad_names(&domains).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["wpad.berlin.de.contoso.co.uk", "wpad.de.contoso.co.uk", "wpad.contoso.co.uk"]);
    }

    #[test]
    fn a_pac_answers_with_ways_that_can_be_tried() {
        let of = |answer: &str| {
            let script = format!("function FindProxyForURL(url, host) {{ return \"{answer}\"; }}");
            let pac = Pac::of("p", script.as_bytes(), false, Vec::new()).unwrap();
            let ways = pac.ways(&"https://a.example/".parse().unwrap());
            ways.map(|(ways, _)| ways.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(of("PROXY a:1; HTTPS b:2; DIRECT").unwrap(), ["http://a:1", "https://b:2", "direct"]);
        assert_eq!(of("SOCKS a:1; PROXY [::1]:3").unwrap(), ["http://[::1]:3"]);
        assert_eq!(of("nothing").unwrap(), ["direct"]);
        assert!(of("SOCKS5 a:1").is_err());
        assert!(Pac::of("p", b"function (", false, Vec::new()).unwrap_err().contains("does not load"));
        assert!(Pac::of("p", b"", true, Vec::new()).unwrap_err().contains("1048576"));
    }
}
