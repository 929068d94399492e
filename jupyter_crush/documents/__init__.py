"""One way to read and change notebooks and files: the port, and its back ends for rooms, open tabs and the contents manager."""
