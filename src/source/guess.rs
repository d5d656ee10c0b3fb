//! What the fields of records probably mean, by the names that exports and interfaces give them.

use super::settings::Fields;

/// Names of each field beside its own, as they are without separators and capitals; the likeliest first.
const KNOWN: [(&str, &[&str]); 11] = [
    ("id", &["guid", "uuid", "articleid", "docid", "documentid", "storyid", "uid", "key"]),
    (
        "outlet",
        &[
            "publisher",
            "publication",
            "sourcename",
            "outletname",
            "newspaper",
            "medianame",
            "media",
            "source",
            "site",
            "domain",
        ],
    ),
    ("title", &["headline", "heading", "titletext", "webtitle", "articletitle", "subject"]),
    (
        "text",
        &[
            "body",
            "content",
            "articletext",
            "fulltext",
            "maintext",
            "bodytext",
            "articlebody",
            "plaintext",
            "contenttext",
            "contenthtml",
            "bodyhtml",
            "html",
            "story",
            "article",
            "description",
            "summary",
            "abstract",
            "snippet",
            "lead",
        ],
    ),
    (
        "published",
        &[
            "publishedat",
            "publisheddate",
            "datepublished",
            "publishdate",
            "publicationdate",
            "pubdate",
            "webpublicationdate",
            "firstpublished",
            "datetime",
            "date",
            "timestamp",
            "time",
            "createdat",
            "created",
            "seendate",
        ],
    ),
    ("updated", &["updatedat", "modified", "datemodified", "modifiedat", "lastmodified", "lastupdated", "lastmod"]),
    ("url", &["link", "href", "articleurl", "weburl", "permalink", "sourceurl", "uri", "address"]),
    ("lang", &["language", "langcode", "languagecode", "locale"]),
    ("credit", &["agency", "wire", "newsagency", "credits", "copyright"]),
    ("byline", &["author", "authors", "creator", "writer", "bylines", "authorname"]),
    ("canonical", &["canonicalurl", "relcanonical", "canonicallink", "syndicatedfrom"]),
];

impl Fields {
    /// The map that fits these names best; `None` where neither title nor text is among them.
    pub fn guessed(names: &[String]) -> Option<Fields> {
        let mut fields = Fields::default();
        let mut taken: Vec<&str> = Vec::new();
        for (slot, others) in KNOWN {
            let all = std::iter::once(&slot).chain(others);
            let found = all
                .into_iter()
                .find_map(|known| names.iter().find(|name| bare(name) == *known && !taken.contains(&name.as_str())));
            if let Some(name) = found {
                taken.push(name);
                fields.set(slot, name);
            }
        }
        let has = |name: &String| names.contains(name);
        (has(&fields.title) || has(&fields.text)).then_some(fields)
    }
}

/// A name without separators and capitals.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(names: &[&str]) -> Option<Fields> {
        Fields::guessed(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn usual_names_are_understood_and_each_means_one_thing() {
        let fields = guessed(&["Article_ID", "Headline", "body", "Pub Date", "link", "source", "Author"]);
        let wanted = Fields {
            id: "Article_ID".into(),
            title: "Headline".into(),
            text: "body".into(),
            published: "Pub Date".into(),
            url: "link".into(),
            outlet: "source".into(),
            byline: "Author".into(),
            ..Fields::default()
        };
        assert_eq!(fields, Some(wanted));
        assert_eq!(guessed(&["title", "description"]).map(|f| f.text), Some("description".into()));
        assert_eq!(guessed(&["a", "b", "id"]), None);
    }
}
