//! What an object holds, told by its content, as blocks of lines.
