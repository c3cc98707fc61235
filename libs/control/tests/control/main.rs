//! Documents that are changed and followed.

mod changing;
mod deaf_store;
mod exporters;
mod following;
mod inputs;
mod note;
