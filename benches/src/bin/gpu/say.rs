//! What the process of a section says to the one that writes the report: lines on standard output.

use std::io::Write;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// How many cases there are.
    Cases(usize),
    /// A case begins.
    Begin(String),
    /// It is done.
    End,
    /// A line of text, behind what was said before.
    Text(String),
    /// A row, and its key, `TABLE/ROW`: in the place of the row with the same key if there is one, else behind the last
    /// row of the table.
    Row(String, String),
    /// Comparisons of the bits of all runs of a launch: how many more were equal, and how many more were made.
    Bits(usize, usize),
    /// The bits of a launch differ: where first.
    Differs(String),
    /// It failed otherwise.
    Failed(String),
    /// Nothing was done: why.
    Skipped(String),
    /// What the section came to, in a line.
    Summary(String),
}

impl Said {
    /// Says it. If nobody listens any more, the report's process was killed, and this one ends too.
    pub fn say(&self) {
        let mut out = std::io::stdout().lock();
        let said = writeln!(out, "{}", self.line()).and_then(|()| out.flush());
        if said.is_err() {
            std::process::exit(1);
        }
    }

    fn line(&self) -> String {
        let flat = |text: &str| text.replace('\n', "; ");
        match self {
            Said::Cases(count) => format!("@cases\t{count}"),
            Said::Begin(name) => format!("@begin\t{}", flat(name)),
            Said::End => "@end".to_owned(),
            // line by line, since blocks of text are
            Said::Text(text) => {
                let lines: Vec<String> = text.lines().map(|l| format!("@text\t{l}")).collect();
                lines.join("\n")
            }
            Said::Row(key, text) => format!("@row\t{}\t{}", flat(key), flat(text)),
            Said::Bits(same, of) => format!("@bits\t{same}\t{of}"),
            Said::Differs(text) => format!("@differs\t{}", flat(text)),
            Said::Failed(text) => format!("@failed\t{}", flat(text)),
            Said::Skipped(text) => format!("@skipped\t{}", flat(text)),
            Said::Summary(text) => format!("@summary\t{}", flat(text)),
        }
    }

    /// A line that was read. `None`: somebody else's, such as a library's.
    pub fn parse(line: &str) -> Option<Said> {
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        let own = || rest.to_owned();
        let pair = || rest.split_once('\t');
        Some(match kind {
            "@cases" => Said::Cases(rest.parse().ok()?),
            "@begin" => Said::Begin(own()),
            "@end" => Said::End,
            "@text" => Said::Text(own()),
            "@row" => {
                let (key, text) = pair()?;
                Said::Row(key.to_owned(), text.to_owned())
            }
            "@bits" => {
                let (same, of) = pair()?;
                Said::Bits(same.parse().ok()?, of.parse().ok()?)
            }
            "@differs" => Said::Differs(own()),
            "@failed" => Said::Failed(own()),
            "@skipped" => Said::Skipped(own()),
            "@summary" => Said::Summary(own()),
            _ => return None,
        })
    }
}

pub fn text(text: impl Into<String>) {
    Said::Text(text.into()).say();
}

/// A row of a table.
pub fn row(table: &str, key: &str, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    Said::Row(
        format!("{table}/{key}"),
        format!("| {} |", cells.join(" | ")),
    )
    .say();
}

/// A table's head: the columns.
pub fn table(table: &str, columns: &[&str]) {
    let line = |key: &str, text: String| Said::Row(format!("{table}/{key}"), text).say();
    line(" ", String::new());
    line(" head", format!("| {} |", columns.join(" | ")));
    line(" rule", format!("|{}", "---|".repeat(columns.len())));
}

pub fn failed(reason: impl Into<String>) {
    Said::Failed(reason.into()).say();
}

pub fn skipped(reason: impl Into<String>) {
    Said::Skipped(reason.into()).say();
}

pub fn summary(line: impl Into<String>) {
    Said::Summary(line.into()).say();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard() {
        for said in [
            Said::Cases(7),
            Said::Begin("tsit5, f64".to_owned()),
            Said::End,
            Said::Text("| a | b |".to_owned()),
            Said::Row("key".to_owned(), "| a\t| b |".to_owned()),
            Said::Bits(3, 4),
            Said::Differs("run 3".to_owned()),
            Said::Failed("why".to_owned()),
            Said::Skipped("no".to_owned()),
            Said::Summary("well".to_owned()),
        ] {
            assert_eq!(Said::parse(&said.line()), Some(said));
        }
        assert_eq!(Said::Failed("a\nb".to_owned()).line(), "@failed\ta; b");
        for foreign in ["", "hello", "@bits\t1", "@cases\tmany", "@row\tone"] {
            assert_eq!(Said::parse(foreign), None, "{foreign}");
        }
    }
}
