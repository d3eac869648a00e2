//! Which account belongs to which member of a plan, and whose matter the grants of a holder are.
//!
//! Both are told from one reading of the accounts. With two, somebody who signs in between them would be a member
//! without an account by the first and a stranger with grants by the second, and would lose them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use access::{Holder, Owner};
use proto::{LeftOut, LeftOutReason, Member, PermissionSet, Person, UserId};

use super::accounts::{Accounts, Standing};
use crate::sonarqube::Holding;

/// The members of a plan in SonarQube's terms.
#[derive(Debug, Clone)]
pub(crate) struct Matched {
    /// What each login should hold.
    pub(crate) by_login: BTreeMap<String, PermissionSet>,
    /// GitLab's id of each of these logins.
    pub(crate) user_of: BTreeMap<String, UserId>,
    /// Members without an account: they have not signed in yet.
    pub(crate) unmatched: Vec<Person>,
    /// One sentence for each member whose account is not beyond doubt; nothing is changed for them.
    pub(crate) ambiguous: Vec<String>,
    /// Members who have an account that this system leaves alone: exempt, of a group to skip, or its own.
    pub(crate) passed_over: Vec<Person>,
    /// Logins that nothing is changed for, because whose they are is in doubt or the plan exempts the person.
    untouchable: BTreeSet<String>,
    accounts: Arc<Accounts>,
}

/// Who holds something on a project, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holders {
    /// The holders with the owner of their grants.
    pub(crate) holders: Vec<Holder>,
    /// GitLab's id of each of them whose account tells it.
    pub(crate) user_of: BTreeMap<String, UserId>,
}

impl Matched {
    /// Finds the account of each member.
    pub(super) fn new(accounts: &Arc<Accounts>, members: &[Member], left_out: &[LeftOut]) -> Self {
        let mut matched = Self {
            by_login: BTreeMap::new(),
            user_of: BTreeMap::new(),
            unmatched: Vec::new(),
            ambiguous: Vec::new(),
            passed_over: Vec::new(),
            untouchable: BTreeSet::new(),
            accounts: Arc::clone(accounts),
        };
        for person in left_out.iter().filter(|person| person.reason == LeftOutReason::Exempt) {
            matched.untouchable.extend(accounts.logins_of(person.id, &person.username).iter().cloned());
        }
        for member in members {
            matched.place(accounts, member);
        }
        matched
    }

    /// Says of each holder whose matter the grants are; an account that is not known is foreign.
    pub(crate) fn holders(&self, held: Vec<Holding>) -> Holders {
        let user = |holding: &Holding| Some((holding.login.clone(), self.accounts.user_of(&holding.login)?));
        let user_of = held.iter().filter_map(user).collect();
        let holders = held.into_iter().map(|holding| self.holder(holding)).collect();
        Holders { holders, user_of }
    }

    pub(super) fn knows(&self, login: &str) -> bool {
        self.accounts.knows(login)
    }

    fn holder(&self, Holding { login, permissions, .. }: Holding) -> Holder {
        let owner =
            if self.untouchable.contains(&login) { Owner::Foreign } else { self.accounts.owner(&login) };
        Holder { login, permissions, owner }
    }

    fn place(&mut self, accounts: &Accounts, member: &Member) {
        let person = || Person { id: member.id, username: member.username.clone() };
        match accounts.logins_of(member.id, &member.username) {
            [] => self.unmatched.push(person()),
            [login] => match accounts.standing(login) {
                Standing::Ours => self.insert(login, member),
                Standing::Exempt | Standing::Foreign => self.passed_over.push(person()),
            },
            several => self.doubt(member, several),
        }
    }

    fn insert(&mut self, login: &str, member: &Member) {
        let taken = self.untouchable.contains(login) || self.by_login.contains_key(login);
        if taken {
            self.doubt(member, &[login.to_owned()]);
        } else {
            self.by_login.insert(login.to_owned(), member.permissions);
            self.user_of.insert(login.to_owned(), member.id);
        }
    }

    fn doubt(&mut self, member: &Member, logins: &[String]) {
        self.untouchable.extend(logins.iter().cloned());
        for login in logins {
            self.by_login.remove(login);
            self.user_of.remove(login);
        }
        let Member { id, username, .. } = member;
        let logins = logins.join(", ");
        self.ambiguous.push(format!(
            "{username} (GitLab id {id}) cannot be told from somebody else in SonarQube ({logins}), so nothing is \
             changed there; set the external id of the right account to {id}"
        ));
    }
}
