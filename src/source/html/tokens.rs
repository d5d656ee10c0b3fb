//! A page to tags and texts, in one pass over its characters: nothing of a page can make it slower than its length.

use memchr::memmem;

/// A piece of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'p> {
    /// An opening tag: its name as written, and what stands between it and `>`.
    Open(&'p str, &'p str),
    /// A closing tag.
    Close(&'p str),
    /// Text between tags, its references not yet decoded.
    Text(&'p str),
    /// A comment.
    Comment(&'p str),
}

/// Reads a page from its start.
pub struct Tokens<'p> {
    page: &'p str,
    at: usize,
}

impl<'p> Tokens<'p> {
    /// At the start of a page.
    pub fn new(page: &'p str) -> Self {
        Tokens { page, at: 0 }
    }

    /// Where the next token begins.
    #[cfg(test)]
    pub fn at(&self) -> usize {
        self.at
    }

    /// All up to the closing tag of this name, which is next; all there is where none comes. For elements such as
    /// `script`, in which tags are no tags.
    pub fn raw(&mut self, name: &str) -> &'p str {
        let rest = self.rest();
        let closes = |at: &usize| {
            let after = rest.as_bytes().get(at + 2..).unwrap_or_default();
            let (word, next) = (after.get(..name.len()), after.get(name.len()));
            word.is_some_and(|w| w.eq_ignore_ascii_case(name.as_bytes()))
                && next.is_none_or(|b| b.is_ascii_whitespace() || b"/>".contains(b))
        };
        let end = memmem::find_iter(rest.as_bytes(), b"</").find(closes).unwrap_or(rest.len());
        self.take(end)
    }

    fn rest(&self) -> &'p str {
        self.page.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'p str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        taken
    }

    /// What stands before the first of these words, which is passed over too; all where it does not come.
    fn until(&mut self, word: &str) -> &'p str {
        let found = memmem::find(self.rest().as_bytes(), word.as_bytes());
        let taken = self.take(found.unwrap_or(self.rest().len()));
        self.at += found.map_or(0, |_| word.len());
        taken
    }

    /// What begins with `<`; `None` where it is no tag but text.
    fn markup(&mut self) -> Option<Token<'p>> {
        let rest = self.rest().as_bytes();
        match *rest.get(1)? {
            b'!' if rest.starts_with(b"<!-->") => {
                self.at += 5;
                Some(Token::Comment(""))
            }
            b'!' if rest.starts_with(b"<!--") => {
                self.at += 4;
                Some(Token::Comment(self.until("-->")))
            }
            b'!' | b'?' => {
                self.at += 2;
                Some(Token::Comment(self.until(">")))
            }
            b'/' if rest.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                self.at += 2;
                let name = self.name();
                self.attributes();
                Some(Token::Close(name))
            }
            b'/' => {
                self.at += 2;
                Some(Token::Comment(self.until(">")))
            }
            b if b.is_ascii_alphabetic() => {
                self.at += 1;
                let name = self.name();
                Some(Token::Open(name, self.attributes()))
            }
            _ => None,
        }
    }

    fn name(&mut self) -> &'p str {
        let rest = self.rest();
        let end = rest.bytes().position(|b| b.is_ascii_whitespace() || b"/>".contains(&b));
        self.take(end.unwrap_or(rest.len()))
    }

    /// Up to the `>` that is in no quoted value, which is passed over too.
    fn attributes(&mut self) -> &'p str {
        let rest = self.rest();
        let mut state = Place::Between;
        let end = rest.bytes().position(|b| {
            let ends = b == b'>' && !matches!(state, Place::Quoted(_));
            state = state.after(b);
            ends
        });
        let taken = self.take(end.unwrap_or(rest.len()));
        self.at += usize::from(end.is_some());
        taken
    }
}

impl<'p> Iterator for Tokens<'p> {
    type Item = Token<'p>;

    fn next(&mut self) -> Option<Token<'p>> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with('<')
            && let Some(token) = self.markup()
        {
            return Some(token);
        }
        // A `<` that begins no tag is text.
        let end = memchr::memchr(b'<', rest.as_bytes().get(1..).unwrap_or_default()).map_or(rest.len(), |at| at + 1);
        Some(Token::Text(self.take(end)))
    }
}

/// Where in a tag a character stands.
#[derive(Clone, Copy)]
enum Place {
    Between,
    Name,
    Equals,
    Quoted(u8),
    Bare,
}

impl Place {
    fn after(self, b: u8) -> Place {
        match (self, b) {
            (Place::Quoted(quote), _) if b == quote => Place::Between,
            (Place::Quoted(_), _) => self,
            (Place::Equals, b'"' | b'\'') => Place::Quoted(b),
            (Place::Equals, _) if b.is_ascii_whitespace() => Place::Equals,
            (Place::Equals, _) => Place::Bare,
            (Place::Bare, _) if b.is_ascii_whitespace() => Place::Between,
            (Place::Bare, _) => Place::Bare,
            (Place::Between | Place::Name, b'=') => Place::Equals,
            // A space may stand between a name and its `=`.
            (Place::Name, _) if b.is_ascii_whitespace() => Place::Name,
            _ => Place::Name,
        }
    }
}

/// The attributes of a tag: names as written, values without quotes, their references not yet decoded.
pub fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let skip = usize::from(rest.starts_with('='));
        let ends = |c: char| c.is_ascii_whitespace() || "/=>".contains(c);
        let end = rest.get(skip..)?.find(ends).map_or(rest.len(), |at| at + skip);
        let (name, after) = rest.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
        let Some(value) = after.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start) else {
            rest = after;
            return Some((name, ""));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inside = value.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            None => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(page: &str) -> Vec<Token<'_>> {
        Tokens::new(page).collect()
    }

    #[test]
    fn tags_texts_and_comments_are_told_apart() {
        use Token::{Close, Comment, Open, Text};
        assert_eq!(
            all("<!DOCTYPE html><P class=\"a>b\">1 < 2 <br/></p ><!-- x > y -->z"),
            [
                Comment("DOCTYPE html"),
                Open("P", " class=\"a>b\""),
                Text("1 "),
                Text("< 2 "),
                Open("br", "/"),
                Close("p"),
                Comment(" x > y "),
                Text("z"),
            ]
        );
        assert_eq!(all("<a title=it's>b"), [Open("a", " title=it's"), Text("b")]);
        assert_eq!(all("</>a<!-->b<?x?>"), [Comment(""), Text("a"), Comment(""), Text("b"), Comment("x?")]);
    }

    #[test]
    fn what_is_cut_off_ends_with_the_page() {
        use Token::{Close, Comment, Open, Text};
        for (page, want) in [
            ("<", Text("<")),
            ("<p", Open("p", "")),
            ("<p a=\"b>", Open("p", " a=\"b>")),
            ("</p", Close("p")),
            ("<!--", Comment("")),
            ("</", Comment("")),
        ] {
            assert_eq!(all(page).first(), Some(&want), "{page}");
        }
    }

    #[test]
    fn raw_text_ends_with_its_own_closing_tag() {
        let mut tokens = Tokens::new("<script>a</b></scripts></SCRIPT >c");
        tokens.next();
        assert_eq!(tokens.raw("script"), "a</b></scripts>");
        assert_eq!(tokens.next(), Some(Token::Close("SCRIPT")));
    }

    #[test]
    fn attributes_are_read_however_they_are_written() {
        let read: Vec<_> = attributes(" a b=1 C='2 3' d = \"4\"e=5/6 =f /").collect();
        assert_eq!(read, [("a", ""), ("b", "1"), ("C", "2 3"), ("d", "4"), ("e", "5/6"), ("=f", "")]);
    }

    proptest::proptest! {
        #[test]
        fn every_character_is_read_once(page in "(<|>|/|!|--|p|script|=|\"|'| |é|&){0,60}") {
            let mut tokens = Tokens::new(&page);
            let mut last = 0;
            while let Some(token) = tokens.next() {
                proptest::prop_assert!(tokens.at() > last);
                last = tokens.at();
                if let Token::Open(_, tag) = token {
                    attributes(tag).count();
                }
            }
            proptest::prop_assert_eq!(last, page.len());
        }
    }
}
