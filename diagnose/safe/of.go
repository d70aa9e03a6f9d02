package safe

// Of gives the visible form of text from outside.
func Of(s string) Text { return Text(s) }
