//! The user mapping: whose account is whose, where SonarQube cannot tell it by GitLab's id or username.
//!
//! A file of lines `gitlab_user_id,email or login`, such as `17,alice@example.com`, with or without that heading. It
//! counts last: an account that tells GitLab's id needs no line. Only accounts of the identity provider that stands for
//! GitLab can be named; the grants of others are not this system's to change.

use std::collections::BTreeMap;

use proto::UserId;

/// Which account a line names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    accounts: BTreeMap<UserId, String>,
}

/// Why a user mapping cannot be used: each wrong line, with its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidMapping(Vec<String>);

const HEADING: &str = "gitlab_user_id";

impl Mapping {
    /// Reads the lines of a file.
    ///
    /// # Errors
    /// When a line does not have two fields, an id is no number, or an id or an account is named twice. All wrong lines
    /// are told at once.
    pub fn parse(text: &str) -> Result<Self, InvalidMapping> {
        let (mut mapping, mut wrong) = (Lines::default(), Vec::new());
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for (number, record) in reader.records().enumerate() {
            let added = record.map_err(|error| format!("line {}: {error}", number + 1)).and_then(|record| {
                let line = record.position().map_or(number as u64 + 1, csv::Position::line);
                mapping.add(line, &record).map_err(|reason| format!("line {line}: {reason}"))
            });
            wrong.extend(added.err());
        }
        if wrong.is_empty() { Ok(Self { accounts: mapping.accounts }) } else { Err(InvalidMapping(wrong)) }
    }

    /// Who is named, and by which e-mail address or login.
    pub(super) fn iter(&self) -> impl Iterator<Item = (UserId, &str)> {
        self.accounts.iter().map(|(user, account)| (*user, account.as_str()))
    }

    #[cfg(test)]
    fn account(&self, user: UserId) -> Option<&str> {
        self.accounts.get(&user).map(String::as_str)
    }
}

/// The lines so far.
#[derive(Default)]
struct Lines {
    accounts: BTreeMap<UserId, String>,
    /// The line of each id and of each account.
    users: BTreeMap<UserId, u64>,
    named: BTreeMap<String, u64>,
}

impl Lines {
    fn add(&mut self, line: u64, record: &csv::StringRecord) -> Result<(), String> {
        let fields: Vec<&str> = record.iter().collect();
        let [id, account] = fields[..] else {
            return Err(format!("has {} fields: write gitlab_user_id,email or login", fields.len()));
        };
        if line == 1 && id.eq_ignore_ascii_case(HEADING) {
            return Ok(());
        }
        let user =
            id.parse().map(UserId).map_err(|_| format!("\"{id}\" is not GitLab's number of a user"))?;
        if account.is_empty() {
            return Err("names no account: write an e-mail address or a login of SonarQube".to_owned());
        }
        if let Some(first) = self.users.insert(user, line) {
            return Err(format!("user {user} has a line already, line {first}"));
        }
        if let Some(first) = self.named.insert(account.to_lowercase(), line) {
            return Err(format!("the account has a line already, line {first}"));
        }
        self.accounts.insert(user, account.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_user_and_an_account() {
        let text = "gitlab_user_id,account\n# joined in May\n17, alice@example.com\n\n18,bob17\n";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!(mapping.account(UserId(17)), Some("alice@example.com"));
        assert_eq!(mapping.account(UserId(18)), Some("bob17"));
        assert_eq!(mapping.account(UserId(19)), None);
        assert_eq!(Mapping::parse("").unwrap(), Mapping::default());
    }

    #[test]
    fn every_wrong_line_is_told_with_its_number() {
        let text = "17,alice\nx,bob\n18\n17,carol\n19,ALICE\n20,\n";
        let error = Mapping::parse(text).unwrap_err().to_string();
        for wanted in [
            "line 2: \"x\" is not",
            "line 3: has 1 fields",
            "line 4: user 17 has a line already, line 1",
            "line 5: the account has a line already, line 1",
            "line 6: names no account",
        ] {
            assert!(error.contains(wanted), "{error}");
        }
        assert!(!error.contains("carol") && !error.contains("alice"), "no account is repeated: {error}");
    }
}
