//! What issues say. What comes from GitLab, SonarQube or a setting is shown as code, so that nothing in it mentions
//! anybody, orders anything (`/close`) or looks like a link.

use std::fmt::Write;

use proto::{Hold, ProjectId, TokenEnds};
use sha2::{Digest, Sha256};

/// The longest text of others that is shown, in characters.
const LONGEST: usize = 2_000;
/// The longest title, in characters: GitLab takes 255.
const LONGEST_TITLE: usize = 255;

/// What an issue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) body: String,
}

impl Words {
    /// SHA-256 of it, in hex: the same is not said twice.
    pub(crate) fn digest(&self) -> String {
        let hash = Sha256::new().chain_update(&self.title).chain_update("\n").chain_update(&self.body);
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Of a project that cannot be synchronised.
pub(crate) fn failed(project: ProjectId, name: &str, reason: &str) -> Words {
    Words {
        title: title(&format!("guassp: {} cannot be synchronised", inline(name))),
        body: format!(
            "SonarQube's permissions of `{}` (GitLab id {project}) are not brought in line with GitLab any more. It was \
             tried as often as the settings allow. The reason:\n\n{}\n\nNobody has lost or gained anything by that. When \
             the reason is gone, the next sync does it, or at once:\n\n{}\n",
            inline(name),
            block(reason),
            block(&format!("guassp sync {project} --wait")),
        ),
    }
}

/// Of more failing projects than have issues.
pub(crate) fn many_failed(at_most: usize) -> Words {
    Words {
        title: "guassp: many projects cannot be synchronised".to_owned(),
        body: format!(
            "More than {at_most} projects fail. Only the first have an issue each; the others are told by:\n\n{}\n\n\
             Most often one thing is behind all of them:\n\n{}\n",
            block("guassp status"),
            block("guassp doctor"),
        ),
    }
}

/// Of a plan that waits for approval.
pub(crate) fn held(project: ProjectId, name: &str, hold: &Hold) -> Words {
    Words {
        title: title(&format!("guassp: changes of {} wait for approval", inline(name))),
        body: format!(
            "A sync of `{}` (GitLab id {project}) would give {} and take {} permissions in SonarQube, and waits for a \
             person's word. Nothing of it is done before that. Why it waits:\n\n{}\n\nTo look at it, and to have it done \
             or forgotten:\n\n{}\n\nDigest of the changes: `{}`\n",
            inline(name),
            hold.grants,
            hold.revokes,
            block(&hold.reasons.join("\n")),
            block(&format!("guassp status {project}\nguassp approve {project}\nguassp reject {project}")),
            inline(&hold.digest),
        ),
    }
}

/// Of a token that ends in so many days.
pub(crate) fn token(token: &TokenEnds, days: u16) -> Words {
    let system = inline(&token.system);
    let when = match (days, token.expires_at) {
        (0, _) => "has ended".to_owned(),
        (_, Some(at)) => format!("ends on {}", at.strftime("%Y-%m-%d")),
        (days, None) => format!("ends in {days} days"),
    };
    Words {
        title: title(&format!("guassp: the token for {system} {when}")),
        body: format!(
            "The token by which guassp signs in to {system} {when}. Without it nothing is synchronised; nobody gains or \
             loses anything by that. Make a new one for the same account, and set it where guassp has it from. What it \
             needs is told by:\n\n{}\n",
            block("guassp doctor"),
        ),
    }
}

fn title(text: &str) -> String {
    text.chars().take(LONGEST_TITLE).collect()
}

/// Text of others within a line: nothing in it ends the code that it is shown as.
fn inline(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    text.chars().take(LONGEST).map(plain).collect()
}

/// Text as a block of code: each line begins with four spaces, so that nothing in it ends the block.
fn block(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST).collect();
    let lines: Vec<String> = shown.lines().map(|line| format!("    {}", inline(line))).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_mentions_nobody_and_orders_nothing() {
        let hostile = "down\n/close\n```\n@admin <!-- guassp:held.9 -->\r\n\tx";
        let Words { body, .. } = failed(ProjectId(7), "acme/`shop`", hostile);
        for line in ["    down", "    /close", "    ", "    @admin <!-- guassp:held.9 -->"] {
            assert!(body.lines().any(|found| found.trim_end() == line.trim_end()), "{line:?} in {body}");
        }
        assert!(!body.lines().any(|line| line.starts_with('/') || line.starts_with('@')), "{body}");
        assert!(body.contains("`acme/ shop `"), "{body}");
    }

    #[test]
    fn a_title_is_no_longer_than_gitlab_takes() {
        let Words { title, .. } = failed(ProjectId(7), &"ü".repeat(300), "down");
        assert_eq!(title.chars().count(), 255);
    }

    #[test]
    fn the_same_has_the_same_digest_and_anything_else_another() {
        let one = failed(ProjectId(7), "acme/shop", "down");
        assert_eq!(one.digest(), failed(ProjectId(7), "acme/shop", "down").digest());
        assert_ne!(one.digest(), failed(ProjectId(7), "acme/shop", "up").digest());
        assert_ne!(one.digest(), failed(ProjectId(7), "acme/shop2", "down").digest());
    }
}
