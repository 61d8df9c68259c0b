int missing_library() { return 0; }
