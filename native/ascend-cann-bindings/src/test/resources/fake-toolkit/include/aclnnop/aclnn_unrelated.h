#error "no function of ours is declared here, so nobody reads it" template<class T> struct {
