//! JSON that remembers where each value stands, and in which no field is there twice.

use bakelite::layout::Fault;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Display};

pub type Outcome<T> = Result<T, String>;

/// Numbers that are no whole ones are kept for messages only.
#[derive(Clone)]
pub enum Json {
    Null,
    Bool(bool),
    Whole(u64),
    Number(String),
    Text(String),
    Items(Vec<Json>),
    Fields(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Json::Items(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = from.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Fields(fields))
    }
}

/// A value and where it stands in the input.
pub struct At<'v> {
    json: &'v Json,
    path: String,
}

impl<'v> At<'v> {
    pub fn root(json: &'v Json) -> Self {
        let path = "$".into();
        At { json, path }
    }

    pub fn wrong<T>(&self, what: impl Display) -> Outcome<T> {
        Err(format!("{}: {what}", self.path))
    }

    pub fn expected<T>(&self, what: &str) -> Outcome<T> {
        let found = match self.json {
            Json::Null => "`null`".into(),
            Json::Bool(value) => format!("`{value}`"),
            Json::Whole(value) => format!("`{value}`"),
            Json::Number(value) => format!("`{value}`"),
            Json::Text(value) => format!("`{value:?}`"),
            Json::Items(items) => format!("an array of {}", items.len()),
            Json::Fields(_) => "an object".into(),
        };
        self.wrong(format_args!("found {found}\n  help: give {what}"))
    }

    /// An object with no other fields than these, each once.
    pub fn object(&self, names: &[&str]) -> Outcome<()> {
        let Json::Fields(fields) = self.json else {
            return self.expected(&format!("an object with {}", list(names)));
        };
        for (index, (name, _)) in fields.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                return self.wrong(format_args!(
                    "unknown field `{name}`\n  help: the fields here are {}",
                    list(names)
                ));
            }
            if fields[..index].iter().any(|(other, _)| other == name) {
                return self.wrong(format_args!(
                    "field `{name}` is there twice\n  help: remove one of them"
                ));
            }
        }
        Ok(())
    }

    pub fn is_object(&self) -> bool {
        matches!(self.json, Json::Fields(_))
    }

    pub fn get(&self, name: &str) -> Option<At<'v>> {
        let Json::Fields(fields) = self.json else {
            return None;
        };
        let path = format!("{}.{name}", self.path);
        let (_, json) = fields.iter().find(|(own, _)| own == name)?;
        Some(At { json, path })
    }

    pub fn need(&self, name: &str, what: &str) -> Outcome<At<'v>> {
        let missing = || {
            self.wrong(format_args!(
                "field `{name}` is missing\n  help: give {what}"
            ))
        };
        self.get(name).map_or_else(missing, Ok)
    }

    pub fn text(&self, what: &str) -> Outcome<&'v str> {
        match self.json {
            Json::Text(text) => Ok(text),
            _ => self.expected(what),
        }
    }

    pub fn number(&self, what: &str) -> Outcome<usize> {
        let number = match self.json {
            Json::Whole(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        number.map_or_else(|| self.expected(what), Ok)
    }

    pub fn switch(&self) -> Outcome<bool> {
        match self.json {
            Json::Bool(on) => Ok(*on),
            _ => self.expected("`true` or `false`"),
        }
    }

    pub fn items(&self, what: &str) -> Outcome<Vec<At<'v>>> {
        let Json::Items(items) = self.json else {
            return self.expected(what);
        };
        let item = |(index, json)| At {
            json,
            path: format!("{}[{index}]", self.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The library's own words, at this place.
    pub fn fault<T>(&self, result: Result<T, impl Into<Box<Fault>>>) -> Outcome<T> {
        result.or_else(|fault| self.wrong(fault.into().text()))
    }
}

pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
