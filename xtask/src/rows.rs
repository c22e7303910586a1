//! The rows of a JSON array of flat objects, as our own commands print them: enough of JSON for tables in documents.

use std::collections::BTreeMap;

/// One object: its values as text, `null` as an empty one.
pub(crate) type Row = BTreeMap<String, String>;

/// Reads `[{"key": "text", "key": 1, "key": null}, …]`; `None` where it is anything else.
pub(crate) fn read(json: &str) -> Option<Vec<Row>> {
    let mut reader = Reader { rest: json };
    let mut rows = Vec::new();
    reader.expect('[')?;
    while !reader.passes(']') {
        rows.push(reader.object()?);
        reader.passes(',');
    }
    reader.rest.trim().is_empty().then_some(rows)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn passes(&mut self, letter: char) -> bool {
        let after = self.rest.trim_start().strip_prefix(letter);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, letter: char) -> Option<()> {
        self.passes(letter).then_some(())
    }

    fn object(&mut self) -> Option<Row> {
        let mut row = Row::new();
        self.expect('{')?;
        while !self.passes('}') {
            let key = self.text()?;
            self.expect(':')?;
            row.insert(key, self.value()?);
            self.passes(',');
        }
        Some(row)
    }

    fn value(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            return self.text();
        }
        let end = self.rest.find([',', '}'])?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.trim();
        match word {
            "null" => Some(String::new()),
            "true" | "false" => Some(word.to_owned()),
            _ => word.parse::<i64>().ok().map(|number| number.to_string()),
        }
    }

    fn text(&mut self) -> Option<String> {
        self.expect('"')?;
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        loop {
            match letters.next()? {
                (at, '"') => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                // Our names and sentences need no other escapes.
                (_, '\\') => text.push(letters.next().map(|(_, letter)| letter).filter(|it| matches!(it, '"' | '\\'))?),
                (_, letter) => text.push(letter),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_and_nulls_are_read() {
        let rows = read("[{\"name\":\"a \\\"b\\\"\",\"id\": -7,\n \"from\":null},{\"name\":\"é\"}]\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0]["name"].as_str(), rows[0]["id"].as_str(), rows[0]["from"].as_str()), ("a \"b\"", "-7", ""));
        assert_eq!(rows[1]["name"], "é");
        assert_eq!(read("[]"), Some(vec![]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "{}", "[1]", "[{\"a\":[1]}]", "[{\"a\":\"b\"}] x", "[{\"a\"", "[{\"a\":\"\\u0041\"}]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
