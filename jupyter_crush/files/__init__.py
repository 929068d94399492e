"""Files beneath a folder, and only those: safe paths, whole writing, walks, ignore rules, globs, control files."""
