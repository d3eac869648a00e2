//! The JSON of each thing, with the fields that GitLab shows.

use serde_json::{Value, json};

use super::listing::Listed;
use super::model::{Group, Job, MembershipState, Place, Project, User};
use super::world::World;

const CREATED: &str = "2025-01-15T09:00:00.000Z";

pub(super) fn user(user: &User, url: &str) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": user.state.to_string(),
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{url}/{}", user.username),
    })
}

/// `GET /users/:id`: the e-mail and the flags of an account are for administrators.
pub(super) fn user_details(who: &User, url: &str, for_admin: bool) -> Value {
    let mut value = user(who, url);
    let mut put =
        |key: &str, field: Value| value.as_object_mut().map(|fields| fields.insert(key.to_owned(), field));
    put("created_at", CREATED.into());
    put("bot", who.bot.into());
    put("public_email", "".into());
    if for_admin {
        put("email", who.email.clone().into());
        put("is_admin", who.admin.into());
        put("identities", json!([]));
    }
    value
}

impl World {
    pub(super) fn member_json(&self, listed: &Listed, url: &str, for_admin: bool) -> Option<Value> {
        let who = self.users.get(&listed.user)?;
        let mut value = user(who, url);
        let fields = value.as_object_mut()?;
        let awaiting = listed.row.state == MembershipState::Awaiting;
        fields.insert("access_level".to_owned(), listed.level.into());
        fields.insert("created_at".to_owned(), CREATED.into());
        fields.insert("expires_at".to_owned(), listed.row.expires_at.clone().into());
        fields.insert("membership_state".to_owned(), if awaiting { "awaiting" } else { "active" }.into());
        if for_admin {
            fields.insert("email".to_owned(), who.email.clone().into());
        }
        Some(value)
    }

    pub(super) fn project_json(&self, project: &Project, url: &str, caller: u64) -> Value {
        let path = &project.path_with_namespace;
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        json!({
            "id": project.id,
            "description": null,
            "name": name,
            "name_with_namespace": path.replace('/', " / "),
            "path": name,
            "path_with_namespace": path,
            "created_at": CREATED,
            "default_branch": "main",
            "ssh_url_to_repo": format!("git@gitlab.example.com:{path}.git"),
            "http_url_to_repo": format!("{url}/{path}.git"),
            "web_url": format!("{url}/{path}"),
            "namespace": self.namespace_json(project, namespace, url),
            "visibility": project.visibility.to_string(),
            "archived": project.archived,
            "marked_for_deletion_at": project.marked_for_deletion,
            "marked_for_deletion_on": project.marked_for_deletion,
            "issues_access_level": "enabled",
            "repository_access_level": "enabled",
            "builds_access_level": "enabled",
            "shared_with_groups": self.shared_with(Place::Project(project.id), caller),
        })
    }

    fn namespace_json(&self, project: &Project, full_path: &str, url: &str) -> Value {
        let group = self.parent_of(&project.path_with_namespace);
        let (id, is_personal) = (self.namespace_id(project), self.personal_owner(project).is_some());
        let parent = group.and_then(|group| self.parent_of(&group.full_path)).map(|parent| parent.id);
        let name = full_path.rsplit('/').next().unwrap_or_default();
        let (kind, place) = if is_personal { ("user", "") } else { ("group", "groups/") };
        json!({
            "id": id, "name": name, "path": name, "kind": kind, "full_path": full_path, "parent_id": parent,
            "avatar_url": null, "web_url": format!("{url}/{place}{full_path}"),
        })
    }

    /// The id of the group that holds the project, or of its owner's own namespace.
    pub(super) fn namespace_id(&self, project: &Project) -> u64 {
        let group = self.parent_of(&project.path_with_namespace).map(|group| group.id);
        let owner = || self.personal_owner(project).map(|owner| owner.id + 1_000_000);
        group.or_else(owner).unwrap_or_default()
    }

    /// The links of this very place, to groups that the caller sees; those of ancestors are not shown.
    pub(super) fn shared_with(&self, place: Place, caller: u64) -> Vec<Value> {
        let link = |link: &super::Link| {
            let group = self.groups.get(&link.group).filter(|group| self.can_see_group(caller, group))?;
            let name = group.full_path.rsplit('/').next();
            Some(json!({
                "group_id": group.id, "group_name": name, "group_full_path": group.full_path,
                "group_access_level": link.level, "expires_at": link.expires_at, "member_role_id": null,
            }))
        };
        self.links_of(place).filter_map(link).collect()
    }

    pub(super) fn group_json(&self, group: &Group, url: &str) -> Value {
        let name = group.full_path.rsplit('/').next();
        json!({
            "id": group.id,
            "name": name,
            "path": name,
            "full_name": group.full_path.replace('/', " / "),
            "full_path": group.full_path,
            "parent_id": self.parent_of(&group.full_path).map(|parent| parent.id),
            "visibility": group.visibility.to_string(),
            "share_with_group_lock": group.share_with_group_lock,
            "web_url": format!("{url}/groups/{}", group.full_path),
            "avatar_url": null,
            "created_at": CREATED,
        })
    }

    /// The project id stands only at `pipeline.project_id`; `project` holds no id.
    pub(super) fn job_json(&self, job: &Job, url: &str) -> Value {
        let path = self.projects.get(&job.project).map_or("", |project| project.path_with_namespace.as_str());
        let sha = "0ff3ae198f8601a285adcf5c0fff204ee6fba5fd";
        json!({
            "id": job.id, "name": "sonar", "stage": "test", "status": job.status.to_string(), "ref": "main",
            "tag": false, "source": "push", "archived": false, "allow_failure": false, "coverage": null,
            "created_at": CREATED, "started_at": CREATED, "finished_at": null, "erased_at": null,
            "duration": 0.465, "queued_duration": 0.123, "artifacts_expire_at": null, "artifacts": [],
            "runner": null, "runner_manager": null, "web_url": format!("{url}/{path}/-/jobs/{}", job.id),
            "pipeline": { "id": job.pipeline(), "iid": 3, "project_id": job.project, "ref": "main", "sha": sha,
                "source": "push", "status": "running" },
            "commit": { "id": sha, "short_id": "0ff3ae19", "title": "Add the cart", "message": "Add the cart\n",
                "author_name": "Ada", "author_email": "ada@example.com", "created_at": CREATED },
            "project": { "ci_job_token_scope_enabled": false },
            "user": self.users.get(&job.user).map(|who| user_details(who, url, false)),
        })
    }
}
