//! Code: pushes, tags and merge requests, told to the hooks of the project, of its groups and of the instance that are
//! switched on for them. A push of more than three branches or tags is told as one change of the repository only.

use serde_json::Value;

use super::super::samples::code;
use super::super::world::World;

/// `push_event_hooks_limit`
const MOST_REFS: usize = 3;

/// What is pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ref<'a> {
    Branch(&'a str),
    Tag(&'a str),
}

impl Ref<'_> {
    pub(in super::super) fn full(self) -> String {
        match self {
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
        }
    }
}

impl World {
    /// The person pushes one commit to each of these.
    pub fn push(&mut self, project: u64, user: u64, refs: &[Ref<'_>]) {
        self.tell_instance(Some("repository_update_events"), |world| {
            code::repository_update(world, project, user, refs)
        });
        if refs.len() > MOST_REFS {
            return;
        }
        for pushed in refs {
            let (event, header) = match pushed {
                Ref::Branch(_) => ("push_events", "Push Hook"),
                Ref::Tag(_) => ("tag_push_events", "Tag Push Hook"),
            };
            self.tell_of_code(project, event, header, |world| code::push(world, project, user, *pushed));
        }
    }

    /// The person opens a merge request from this branch into `main`, and gets its number in the project.
    pub fn open_merge_request(&mut self, project: u64, user: u64, branch: &str) -> u64 {
        let number = self.next_id();
        self.tell_of_code(project, "merge_requests_events", "Merge Request Hook", |world| {
            code::merge_request(world, project, user, number, branch)
        });
        number
    }

    /// The same payload for both kinds of hooks; that of a merge request has no `event_name`, and the others have one.
    fn tell_of_code(
        &mut self,
        project: u64,
        event: &str,
        header: &'static str,
        body: impl Fn(&Self) -> Option<Value>,
    ) {
        self.tell_instance(Some(event), &body);
        self.tell_project(project, event, header, body);
    }
}
