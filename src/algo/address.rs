//! Addresses of the web: one form for all that lead to one story, and whose they are.

use std::borrow::Cow;

/// Parameters that say who sent a reader and not what is read, lower case; those that begin with `PREFIXES` too.
/// docs/formats.md lists them.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "hsctatracking",
    "vero_id",
    "vero_conv",
    "oly_anon_id",
    "oly_enc_id",
    "wickedid",
    "rb_clickid",
    "s_cid",
    "s_kwcid",
    "ncid",
    "cmpid",
    "ocid",
    "icid",
    "smid",
    "smtyp",
    "sr_share",
    "cmp",
    "ito",
    "ns_mchannel",
    "ns_source",
    "ns_campaign",
    "ns_linkname",
    "ns_fee",
    "xtor",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "at_link_id",
    "at_link_type",
    "at_link_origin",
    "at_format",
    "at_ptr_name",
    "at_bbc_team",
    "at_campaign_type",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "__twitter_impression",
];
const PREFIXES: &[&str] = &["utm_", "pk_", "mtm_", "matomo_", "hsa_", "trk_"];
/// Parameters that ask for another form of the same page, with the values that do.
const FORMS: &[(&str, &[&str])] = &[("amp", &["", "1", "true"]), ("outputtype", &["amp"]), ("output", &["amp"])];
/// Labels in front of a host that name a form of the same site.
const HOSTS: &[&str] = &["www.", "amp.", "m.", "mobile."];

/// The one form of an address: without scheme, user, default port, fragment and a slash at its end, the host in lower
/// case without `www.`; without parameters that track; AMP and mobile forms as what they are forms of. The order of
/// what is left of the parameters stays.
pub fn canonical(url: &str) -> String {
    let (host, path, query) = parts(unwrapped(url.trim()));
    let host = plain_host(&host);
    let path = plain_path(&path);
    let kept: Vec<&str> = query.split('&').filter(|one| !one.is_empty() && !is_noise(one)).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{host}{path}{query}")
}

/// The domain that an address is registered under: `news.harbour.co.uk` is of `harbour.co.uk`. `None` for what is no
/// address of the web, or none with a name.
pub fn domain(url: &str) -> Option<String> {
    let url = url.trim();
    if !(has_scheme(url, "http://") || has_scheme(url, "https://") || url.starts_with("//")) {
        return None;
    }
    let (host, _, _) = parts(unwrapped(url));
    registered(&host)
}

/// The domain that a host name is registered under.
pub fn registered(host: &str) -> Option<String> {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let named =
        host.len() <= 253 && host.contains('.') && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    // A name of digits at the end is an address of a machine.
    if !named || host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    psl::domain_str(&host).map(str::to_owned)
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// An address that a cache of AMP pages holds, as it was: `google.com/amp/s/…`, `….cdn.ampproject.org/c/s/…`.
fn unwrapped(url: &str) -> Cow<'_, str> {
    let (host, path, query) = parts(Cow::Borrowed(url));
    let mut rest = path.trim_start_matches('/');
    let of_google = host.strip_prefix("www.").unwrap_or(&host).strip_prefix("google.").is_some();
    if of_google && let Some(inner) = rest.strip_prefix("amp/") {
        rest = inner;
    } else if host == "cdn.ampproject.org" || host.ends_with(".cdn.ampproject.org") {
        let Some((kind, inner)) = rest.split_once('/') else { return Cow::Borrowed(url) };
        if !matches!(kind, "c" | "v" | "wp" | "a") {
            return Cow::Borrowed(url);
        }
        rest = inner;
    } else {
        return Cow::Borrowed(url);
    }
    let inner = rest.strip_prefix("s/").unwrap_or(rest);
    if !inner.split('/').next().is_some_and(|host| host.contains('.')) {
        return Cow::Borrowed(url);
    }
    Cow::Owned(if query.is_empty() { inner.to_owned() } else { format!("{inner}?{query}") })
}

/// Host in lower case, path from its slash, and what follows the question mark.
fn parts(url: Cow<'_, str>) -> (String, String, String) {
    let bare = url.split('#').next().unwrap_or_default();
    let bare = ["https://", "http://", "//"]
        .iter()
        .find(|s| has_scheme(bare, s))
        .map_or(bare, |s| bare.get(s.len()..).unwrap_or(bare));
    let (place, query) = bare.split_once('?').unwrap_or((bare, ""));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(host);
    (host.trim_end_matches('.').to_lowercase(), path.to_owned(), query.to_owned())
}

/// A host without the labels that name a form of its site, as long as a name of two parts is left.
fn plain_host(host: &str) -> &str {
    let mut host = host;
    while let Some(rest) = HOSTS.iter().find_map(|label| host.strip_prefix(label)).filter(|rest| rest.contains('.')) {
        host = rest;
    }
    host
}

/// A path without a slash at its end and without what asks for AMP, at its beginning or its end. However long and however
/// often it asks, each byte is looked at a few times.
fn plain_path(path: &str) -> String {
    let mut left = Ending::of(path.trim_end_matches('/'));
    while let Some(shorter) = left.shorter() {
        left = shorter;
    }
    format!("{}{}", left.rest, if left.html { ".html" } else { "" })
}

/// A path, with `.html` at its end held apart.
struct Ending<'a> {
    rest: &'a str,
    html: bool,
}

impl<'a> Ending<'a> {
    fn of(path: &'a str) -> Ending<'a> {
        match path.strip_suffix(".html") {
            Some(rest) => Ending { rest, html: true },
            None => Ending { rest: path, html: false },
        }
    }

    /// The path with one of these less, if it has one.
    fn shorter(&self) -> Option<Ending<'a>> {
        let Ending { rest, html } = *self;
        if html && rest == "/index" {
            return Some(Ending { rest: "", html: false });
        }
        if let Some(rest) = rest.strip_suffix(".amp").filter(|rest| html && rest.len() > 1) {
            return Some(Ending { rest, html });
        }
        let endings: &[&str] = if html { &["/amp", "/index"] } else { &["/amp", "/amp.htm", ".amp"] };
        let without = endings.iter().find_map(|end| rest.strip_suffix(end)).map(|rest| rest.trim_end_matches('/'));
        if let Some(rest) = without.filter(|rest| rest.len() > 1) {
            return Some(Ending::of(rest));
        }
        // The slash that follows stays.
        let inner = rest.strip_prefix("/amp").filter(|rest| rest.starts_with('/') && (html || rest.len() > 1));
        inner.map(|rest| Ending { rest, html })
    }
}

/// Whether a parameter says nothing of what is read.
fn is_noise(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let name = name.to_ascii_lowercase();
    let form =
        |(known, values): &(&str, &[&str])| *known == name && values.contains(&value.to_ascii_lowercase().as_str());
    TRACKING.contains(&name.as_str()) || PREFIXES.iter().any(|p| name.starts_with(p)) || FORMS.iter().any(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_asks_for_amp_a_million_times_takes_no_time() {
        let path = format!("https://courier.example/a{}", "/amp".repeat(1_000_000));
        assert_eq!(canonical(&path), "courier.example/a");
        let path = format!("https://courier.example{}/a.html", "/amp".repeat(1_000_000));
        assert_eq!(canonical(&path), "courier.example/a.html");
        let path = format!("https://courier.example/a{}.html", ".amp".repeat(1_000_000));
        assert_eq!(canonical(&path), "courier.example/a.html");
    }

    #[test]
    fn what_leads_to_one_story_has_one_form() {
        for url in [
            "https://harbour.example/news/ferry",
            "http://www.harbour.example/news/ferry/",
            "HTTPS://Harbour.Example:443/news/ferry#top",
            "//user:word@harbour.example/news/ferry?utm_source=a&UTM_medium=b&fbclid=x",
            "https://m.harbour.example/news/ferry",
            "https://mobile.harbour.example/news/ferry?amp=1",
            "https://amp.harbour.example/news/ferry",
            "https://harbour.example/news/ferry/amp/",
            "https://harbour.example/amp/news/ferry",
            "https://harbour.example/news/ferry?amp",
            "https://www.google.com/amp/s/harbour.example/news/ferry",
            "https://www.google.co.uk/amp/s/amp.harbour.example/news/ferry?amp=1",
            "https://harbour-example.cdn.ampproject.org/c/s/harbour.example/news/ferry",
            " https://harbour.example/news/ferry ",
        ] {
            assert_eq!(canonical(url), "harbour.example/news/ferry", "{url}");
        }
    }

    #[test]
    fn what_tells_stories_apart_stays() {
        for (url, form) in [
            ("https://x.example/?id=7&utm_x=1&page=2", "x.example?id=7&page=2"),
            ("https://x.example/a?b=2&a=1", "x.example/a?b=2&a=1"),
            ("https://x.example/Case/Kept", "x.example/Case/Kept"),
            ("https://x.example:8080/a", "x.example:8080/a"),
            ("https://m.example/a", "m.example/a"),
            ("https://x.example/ramp", "x.example/ramp"),
            ("https://x.example/amp", "x.example/amp"),
            ("https://x.example/a?amp=4", "x.example/a?amp=4"),
            ("https://google.com/amp/about", "google.com/about"),
            ("urn:newsml:x:1", "urn:newsml:x:1"),
            ("", ""),
        ] {
            assert_eq!(canonical(url), form, "{url}");
        }
    }

    #[test]
    fn a_domain_is_what_is_registered() {
        let of = |url: &str| domain(url);
        assert_eq!(of("https://news.harbour.co.uk/a").as_deref(), Some("harbour.co.uk"));
        assert_eq!(of("http://WWW.Harbour.com:80/").as_deref(), Some("harbour.com"));
        assert_eq!(of("https://www.google.com/amp/s/harbour.com/a").as_deref(), Some("harbour.com"));
        assert_eq!(of("https://ferry.blogspot.com/a").as_deref(), Some("ferry.blogspot.com"));
        for no in [
            "urn:x:y",
            "mailto:a@b.com",
            "https://127.0.0.1/a",
            "https://localhost/a",
            "https://[::1]/",
            "https://co.uk/",
            "",
        ] {
            assert_eq!(of(no), None, "{no}");
        }
    }

    proptest::proptest! {
        #[test]
        fn one_form_is_its_own_form(url in "(https?://)?(www\\.|m\\.|amp\\.)?[a-z]{1,3}\\.(com|co\\.uk)(/amp|/[a-c]{1,2}|\\.amp|\\.html|/index.html|/){0,4}(\\?(amp=1|utm_a=b|x=1|&){0,4})?(#[a-z])?") {
            let once = canonical(&url);
            proptest::prop_assert_eq!(canonical(&once), once);
        }

        #[test]
        fn no_address_is_too_strange(url in "\\PC{0,40}") {
            canonical(&url);
            domain(&url);
        }
    }
}
