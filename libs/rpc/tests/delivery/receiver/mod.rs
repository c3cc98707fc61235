//! A receiver, a handler that does what the test says, and links whose other ends the test holds.

mod answers;
mod bounds;
mod breaking;
mod closing;
mod desk;
