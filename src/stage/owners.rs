//! Who owns an outlet: what the configuration says, else the shipped table of publishers with several outlets.

use crate::algo::{address, fold::fold};
use crate::error::{Error, Result};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// The shipped table.
const SHIPPED: &str = include_str!("../../assets/owners.toml");

/// Owners by the domains and the names of their outlets.
#[derive(Debug, Default)]
pub struct Owners {
    by_outlet: BTreeMap<String, Arc<str>>,
    /// What was found by the names of outlets: few outlets publish many entries.
    found: RwLock<FxHashMap<Box<str>, Option<Arc<str>>>>,
}

impl Owners {
    /// The shipped table with what a configuration adds to it; of two owners of one outlet the configured one counts.
    ///
    /// # Errors
    /// The shipped table is no table: a bug.
    pub fn with(configured: &BTreeMap<String, Vec<String>>) -> Result<Owners> {
        let shipped: BTreeMap<String, Vec<String>> = toml::from_str(SHIPPED)
            .map_err(|e| Error::Check(format!("the shipped table of owners cannot be read, a bug in retold: {e}")))?;
        let mut owners = Owners::default();
        for (owner, outlets) in shipped.iter().chain(configured) {
            let owner: Arc<str> = Arc::from(owner.as_str());
            owners.by_outlet.extend(outlets.iter().map(|outlet| (key(outlet), owner.clone())));
        }
        Ok(owners)
    }

    /// The owner of an outlet by its name, which may be a domain, else by the domain of an address of its entry.
    pub fn of(&self, outlet: &str, url: Option<&str>) -> Option<Arc<str>> {
        self.by_name(outlet).or_else(|| self.under(address::domain(url?)))
    }

    fn by_name(&self, outlet: &str) -> Option<Arc<str>> {
        if let Some(found) = self.found.read().ok().and_then(|found| found.get(outlet).cloned()) {
            return found;
        }
        let owner = self.by_outlet.get(&key(outlet)).cloned().or_else(|| self.under(address::registered(outlet)));
        if let Ok(mut found) = self.found.write() {
            found.insert(outlet.into(), owner.clone());
        }
        owner
    }

    fn under(&self, domain: Option<String>) -> Option<Arc<str>> {
        self.by_outlet.get(&domain?).cloned()
    }
}

fn key(outlet: &str) -> String {
    fold(outlet).to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_found_by_domain_by_name_and_by_address() {
        let added = BTreeMap::from([
            ("Quay Press".to_owned(), vec!["Harbour Courier".to_owned(), "quay.example.com".to_owned()]),
            ("Other".to_owned(), vec!["bbc.com".to_owned()]),
        ]);
        let owners = Owners::with(&added).unwrap();
        let of = |outlet: &str, url: Option<&str>| owners.of(outlet, url).map(|o| o.to_string());
        assert_eq!(of("harbour  courier", None).as_deref(), Some("Quay Press"));
        assert_eq!(of("bbc.co.uk", None).as_deref(), Some("BBC"));
        assert_eq!(of("BBC News", Some("https://www.bbc.co.uk/news/1")).as_deref(), Some("BBC"));
        assert_eq!(of("news.bbc.co.uk", None).as_deref(), Some("BBC"));
        assert_eq!(of("bbc.com", None).as_deref(), Some("Other"), "what is configured comes first");
        assert_eq!(of("Meridian Daily", Some("https://meridian.example/1")), None);
    }

    #[test]
    fn the_shipped_table_names_registered_domains_each_once() {
        let shipped: BTreeMap<String, Vec<String>> = toml::from_str(SHIPPED).unwrap();
        let mut all: Vec<&String> = shipped.values().flatten().collect();
        assert!(shipped.len() >= 40 && all.len() >= 200);
        for domain in &all {
            assert_eq!(address::registered(domain).as_ref(), Some(*domain));
        }
        all.sort();
        let n = all.len();
        all.dedup();
        assert_eq!(all.len(), n, "an outlet has one owner");
    }
}
