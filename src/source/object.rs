//! One JSON object to one record, borrowing what it can from the line.

use super::context::Context;
use super::settings::Fields;
use super::words::{clean, cleaned, has_words};
use super::{clock, dates, markup, quick};
use crate::model::entry::CANONICAL;
use crate::model::{Clock, Record};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Fields of a record in the order of [`Fields::list`].
#[derive(Clone, Copy)]
enum Slot {
    Id,
    Outlet,
    Title,
    Text,
    Published,
    Updated,
    Url,
    Lang,
    Credit,
    Byline,
    Canonical,
}

/// Which names are looked for, and which of them each slot takes. Two slots may share a name.
pub struct FieldMap {
    names: Vec<String>,
    of_slot: Vec<usize>,
}

impl FieldMap {
    /// The map of a source.
    pub fn new(fields: &Fields) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut of_slot = Vec::new();
        for (_, name) in fields.list() {
            let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            of_slot.push(at);
        }
        FieldMap { names, of_slot }
    }

    fn name(&self, slot: Slot) -> &str {
        self.of_slot.get(slot as usize).and_then(|at| self.names.get(*at)).map_or("", String::as_str)
    }

    /// Where the cells under a header go.
    pub fn columns(&self, header: &[String]) -> Vec<Column> {
        header
            .iter()
            .map(|name| self.position(name).map_or_else(|| Column::Other(name.clone()), Column::Known))
            .collect()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }
}

/// Reads a line. The error is the reason for a reject.
pub fn record(line: &[u8], number: u64, fields: &FieldMap, ctx: &Context<'_>) -> Result<Record, String> {
    let text = std::str::from_utf8(line)
        .map_err(|e| format!("record {number} is no UTF-8 from its byte {} on", e.valid_up_to() + 1))?;
    object(text, fields).map_err(|e| no_json(&e))?.record(fields, number, ctx)
}

/// Title and body of the record that [`record`] reads a line as.
pub fn text_of(line: &[u8], fields: &FieldMap) -> Option<(String, String)> {
    let mut object = object(std::str::from_utf8(line).ok()?, fields).ok()?;
    let title = object.value(Slot::Title, fields).map_or(Ok(None), Value::text).ok()?;
    let title = title.map(|t| titled(&t)).unwrap_or_default();
    Some((title, object.take_text(fields).map(body).unwrap_or_default()))
}

/// The title that a text says.
fn titled(text: &str) -> String {
    clean(&markup::plain_line(text))
}

fn object<'de>(text: &'de str, fields: &FieldMap) -> serde_json::Result<Object<'de>> {
    if let Some(object) = quickly(text, fields) {
        return Ok(object);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    fields.deserialize(&mut json).and_then(|object| json.end().map(|()| object))
}

/// The object of a line, where all of its values are strings.
fn quickly<'de>(text: &'de str, fields: &FieldMap) -> Option<Object<'de>> {
    let mut object = Object::empty(fields);
    quick::strings(text, |key, value| match fields.position(&key).and_then(|at| object.values.get_mut(at)) {
        Some(slot) => *slot = Some(Value::Text(value)),
        None => drop(object.extra.insert(fitted(key), fitted(value).into())),
    })?;
    Some(object)
}

/// A text that stays, and so is as long as it is.
fn fitted(text: Cow<'_, str>) -> String {
    text.into_owned().into_boxed_str().into_string()
}

/// What a column of a table is: a name that is looked for, or another.
pub enum Column {
    Known(usize),
    Other(String),
}

/// Reads a row of a table; empty cells are missing. The error is the reason for a reject.
pub fn of_cells<'c>(
    columns: &[Column],
    cells: Vec<Cow<'c, str>>,
    fields: &FieldMap,
    line: u64,
    ctx: &Context<'_>,
) -> Result<Record, String> {
    let mut object = Object::empty(fields);
    for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty()) {
        match column {
            Column::Known(at) => {
                if let Some(slot) = object.values.get_mut(*at) {
                    *slot = Some(Value::Text(cell));
                }
            }
            Column::Other(name) => drop(object.extra.insert(name.clone(), cell.into())),
        }
    }
    object.record(fields, line, ctx)
}

fn no_json(error: &serde_json::Error) -> String {
    let what = error.to_string().replace(" at line 1 column ", " at column ");
    if error.is_eof() {
        format!("the record is cut off: {what}")
    } else if what.starts_with("recursion limit") {
        format!("the JSON is nested too deeply: {what}")
    } else {
        format!("the record is no JSON object: {what}")
    }
}

/// The values of an object, by the position of their names.
pub struct Object<'de> {
    values: Vec<Option<Value<'de>>>,
    extra: BTreeMap<String, serde_json::Value>,
}

impl<'de> Object<'de> {
    fn empty(fields: &FieldMap) -> Self {
        let mut object = Object { values: Vec::new(), extra: BTreeMap::new() };
        object.values.resize_with(fields.names.len(), || None);
        object
    }

    fn value(&self, slot: Slot, fields: &FieldMap) -> Option<&Value<'de>> {
        self.values.get(*fields.of_slot.get(slot as usize)?)?.as_ref()
    }

    fn record(mut self, fields: &FieldMap, line: u64, ctx: &Context<'_>) -> Result<Record, String> {
        let get = |slot: Slot| self.value(slot, fields);
        let text = |slot: Slot| {
            let name = fields.name(slot);
            get(slot).map_or(Ok(None), Value::text).map_err(|what| format!("field {:?} is {what}", name))
        };
        let optional = |slot| text(slot).map(|t| t.map(|t| clean(&t)).filter(|t| !t.is_empty()));
        let list = |slot| match get(slot) {
            Some(Value::List(Some(list))) => Ok(Some(list.join(", ")).filter(|l| !l.is_empty())),
            _ => optional(slot),
        };
        let title = text(Slot::Title)?.map(|t| titled(&t)).unwrap_or_default();
        let said = text(Slot::Text)?;
        if !has_words(&title) && !said.is_some_and(|said| has_words(&markup::plain(&said))) {
            return Err("no words in title or text".into());
        }
        let url = optional(Slot::Url)?;
        let canonical = optional(Slot::Canonical)?;
        let record = Record {
            id: optional(Slot::Id)?,
            outlet: optional(Slot::Outlet)?,
            byline: list(Slot::Byline)?,
            credit: list(Slot::Credit)?,
            lang: optional(Slot::Lang)?,
            published: Some(dates::published(get(Slot::Published).and_then(|v| printed(v, ctx)), url.as_deref(), ctx)),
            updated: get(Slot::Updated).and_then(|v| printed(v, ctx)).and_then(|c| c.from),
            parent: ctx.settings.page.as_ref().map(|_| ctx.parent.clone()),
            title,
            url,
            line,
            ..Record::default()
        };
        let body = self.take_text(fields).map(body).unwrap_or_default();
        let mut extra = self.extra;
        extra.extend(canonical.map(|address| (CANONICAL.to_owned(), address.into())));
        Ok(Record { body, extra, ..record })
    }

    /// The text itself: bodies are long, and nothing asks for them after this.
    fn take_text(&mut self, fields: &FieldMap) -> Option<Cow<'de, str>> {
        let at = *fields.of_slot.get(Slot::Text as usize)?;
        match self.values.get_mut(at)?.take()? {
            Value::Text(text) => Some(text),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }
}

/// The body that a text says, copied only where it must be.
fn body(text: Cow<'_, str>) -> String {
    let plain = match markup::plain(&text) {
        Cow::Owned(plain) => Some(plain),
        Cow::Borrowed(_) => None,
    };
    cleaned(plain.unwrap_or_else(|| text.into_owned()))
}

/// A date as it stands in a record; `None` where the record says that there is none.
fn printed(value: &Value<'_>, ctx: &Context<'_>) -> Option<Clock> {
    match value {
        Value::Null => None,
        Value::Text(text) => dates::printed(text, ctx),
        Value::Number(number) => Some(number.as_f64().map_or_else(
            || Clock::unknown(Some(number.to_string())),
            |seconds| clock::from_number(seconds, ctx.as_of),
        )),
        other => Some(Clock::unknown(Some(other.kind().to_owned()))),
    }
}

/// A value of a field that the map names.
pub enum Value<'de> {
    Text(Cow<'de, str>),
    Number(serde_json::Number),
    Bool,
    Null,
    /// A list; its texts where it holds nothing else.
    List(Option<Vec<String>>),
    Object,
}

impl Value<'_> {
    /// As text; the error says what it is instead.
    fn text(&self) -> Result<Option<Cow<'_, str>>, String> {
        match self {
            Value::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Value::Number(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Value::Null => Ok(None),
            other => Err(format!("{}; it must be text", other.kind())),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Bool => "true or false",
            Value::Null => "null",
            Value::List(_) => "a list",
            Value::Object => "an object",
        }
    }
}

impl<'de> DeserializeSeed<'de> for &FieldMap {
    type Value = Object<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Object<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &FieldMap {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object::empty(self);
        while let Some(key) = map.next_key_seed(KeySeed(self))? {
            match key {
                Key::Known(at) => {
                    let value = map.next_value_seed(ValueSeed)?;
                    if let Some(slot) = object.values.get_mut(at) {
                        *slot = Some(value);
                    }
                }
                Key::Other(name) => drop(object.extra.insert(name, map.next_value()?)),
            }
        }
        Ok(object)
    }
}

enum Key {
    Known(usize),
    Other(String),
}

struct KeySeed<'a>(&'a FieldMap);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(self.0.position(key).map_or_else(|| Key::Other(key.to_owned()), Key::Known))
    }
}

struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let mut texts = Some(Vec::new());
        while let Some(value) = seq.next_element_seed(ValueSeed)? {
            match (&mut texts, value) {
                (Some(list), Value::Text(text)) => list.push(clean(&text)),
                _ => texts = None,
            }
        }
        Ok(Value::List(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object)
    }
}
