//go:build race

package investigate_test

// racing says that the race detector is in, under which the heaviest tests
// would take minutes without telling more.
const racing = true
