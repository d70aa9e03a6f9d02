// Package diagnose is the investigation of a bounce: a case is a list of
// events, [Fold] gives the case, [Next] gives what the flowchart wants.
// It is pure: no network, files, clock or terminal.
package diagnose

// Case is what the events of an investigation amount to.
type Case struct{}
