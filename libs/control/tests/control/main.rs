//! Documents that are changed and followed.

mod changing;
mod deaf_store;
mod following;
mod note;
mod settings;
