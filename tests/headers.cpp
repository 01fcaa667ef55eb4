// The precompiled headers of all tests belong to a target that has a source to compile with them.
