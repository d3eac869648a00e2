//! Tasks over HTTP: asking for one, looking at one or at many, canceling one.

mod body;
mod cancel;
mod create;
mod list;
mod show;
mod summary;

pub(crate) use self::{
    body::{AcceptedBody, TaskBody},
    cancel::{__path_cancel, CanceledBody, cancel},
    create::{
        __path_create, __path_create_manually, accepted_as, create, create_manually, not_stored, project_id,
        told,
    },
    list::{__path_list, TasksBody, list},
    show::{__path_show, show},
};
