//go:build !race

package investigate_test

const racing = false
