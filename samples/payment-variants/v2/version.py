"""What this build calls itself: answered by /version and in the X-Payment-Version header."""

VERSION = "2.0"
