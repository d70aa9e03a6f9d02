//go:build !race

package casefile

const racing = false
